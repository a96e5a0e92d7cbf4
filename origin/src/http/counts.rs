//! `POST /internal/counts`: takes counts from the edge, each batch once by
//! its id. 2xx means committed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use munjigi_protocol::{Count, CountBatch, CountKind, SOLVE_MS_BUCKETS, routes};

use super::intake::{self, Fields, Window};
use super::signed::Signed;
use super::{App, Refused};
use crate::store::counts::{CountColumns, CountsTaken, TakeCounts};
use crate::store::transact;

/// The endpoint.
pub async fn handler(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, Refused> {
    let call = Signed::read(&app, &routes::COUNTS, request).await?;
    let CountBatch { batch, counts } = call.json()?;
    for (index, count) in counts.iter().enumerate() {
        check(count, &Fields::of("counts", index))?;
    }
    let now = app.clock.now();
    let window = Window::around(now, app.retention.event_days);
    let sent = counts.len();
    let kept: Vec<Count> = counts
        .into_iter()
        .filter(|count| window.holds(count.minute.saturating_mul(60_000)))
        .collect();
    intake::count_left_out("counts", sent - kept.len());
    let columns = CountColumns::new(kept);

    app.readiness.migrated()?;
    let _turn = app.admission.writing().await?;
    let unit = TakeCounts { nonce: &call.nonce.0, batch, counts: &columns, now };
    let outcome = match transact(&app.pool, &unit).await? {
        CountsTaken::New => "new",
        CountsTaken::Repeated => "repeated",
        CountsTaken::Replayed => return Err(intake::replayed()),
    };
    metrics::counter!("munjigi_intake_count_batches_total", "outcome" => outcome).increment(1);
    Ok(StatusCode::NO_CONTENT)
}

fn check(count: &Count, fields: &Fields) -> Result<(), Refused> {
    fields.sitekey(&count.sitekey)?;
    fields.text("hostname", &count.hostname, 253)?;
    fields.text("action", &count.action, 32)?;
    fields.country(&count.country)?;
    fields.check(
        matches!(count.solve_ms.len(), 0 | SOLVE_MS_BUCKETS),
        "solve_ms",
        "has another number of buckets",
    )?;
    let bucketed = !count.solve_ms.is_empty();
    fields.check(
        !bucketed || count.kind == CountKind::Solved,
        "solve_ms",
        "belongs to solved alone",
    )
}
