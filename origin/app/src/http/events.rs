//! `POST /internal/events`: stores redeemed tokens from the edge, each once by
//! its id. 2xx means committed.

use std::sync::Arc;

use crate::signed::Signed;
use crate::{App, Refused};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{EventBatch, RedeemedEvent, headers, routes};
use munjigi_store::events::{self, EventColumns, EventsTaken, TakeEvents};
use munjigi_store::transact;

use super::intake::{self, FieldRules, Window};

pub async fn handler(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<impl IntoResponse, Refused> {
    let call = Signed::read(&app, &routes::EVENTS, request).await?;
    let EventBatch { shard: _, events: sent } = call.json()?;
    for (index, event) in sent.iter().enumerate() {
        check(event, &FieldRules::of("events", index))?;
    }
    let now = app.clock.now();
    let window = Window::around(now, app.retention.event_days);
    let number = sent.len();
    let kept: Vec<RedeemedEvent> =
        sent.into_iter().filter(|event| window.holds(event.redeemed_at)).collect();
    intake::count_left_out("events", number - kept.len());
    let newest = kept.iter().map(|event| event.redeemed_at).max();
    let columns = EventColumns::new(kept);

    app.readiness.migrated()?;
    let _turn = app.admission.writing().await?;
    let taken =
        transact(&app.pool, &TakeEvents { nonce: &call.nonce.0, events: &columns, now }).await?;
    let EventsTaken::Taken { new, raised } = taken else { return Err(intake::replayed()) };
    observe(columns.len(), new, raised, newest, now);
    // Without it, the edge notices nothing: no reason to take the batch again.
    let log_position = events::log_position(&app.pool).await.ok();
    Ok((StatusCode::NO_CONTENT, log_position.map(|at| AppendHeaders([(headers::STORE, at)])), ()))
}

fn check(event: &RedeemedEvent, fields: &FieldRules) -> Result<(), Refused> {
    fields.sitekey(&event.sitekey)?;
    fields.text("hostname", &event.hostname, 253)?;
    fields.text("action", &event.action, 32)?;
    fields.country(&event.country)?;
    fields.check(event.score <= 100, "score", "is above 100")
}

fn observe(distinct: usize, new: u64, raised: u64, newest: Option<u64>, now: UnixMillis) {
    let repeated = u64::try_from(distinct).unwrap_or(u64::MAX).saturating_sub(new + raised);
    for (outcome, number) in [("new", new), ("raised", raised), ("repeated", repeated)] {
        metrics::counter!("munjigi_intake_events_total", "outcome" => outcome).increment(number);
    }
    if let Some(newest) = newest {
        #[expect(clippy::cast_precision_loss, reason = "a lag in seconds needs no 53 bits")]
        let lag = now.since(UnixMillis(newest)) as f64 / 1_000.0;
        metrics::histogram!("munjigi_event_lag_seconds").record(lag);
    }
}
