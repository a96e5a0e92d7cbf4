//! `POST /internal/counts`: stores counts from the edge, each batch once by its
//! id. 2xx means committed.

use std::sync::Arc;

use crate::signed::Signed;
use crate::{App, Refused};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use munjigi_protocol::{
    Count, CountBatch, CountKind, OutcomeReport, PictureCount, PriceCount, SOLVE_MS_BUCKETS, routes,
};
use munjigi_store::counts::{CountColumns, CountsTaken, TakeCounts};
use munjigi_store::outcomes::OutcomeColumns;
use munjigi_store::pictures::PictureColumns;
use munjigi_store::prices::PriceColumns;
use munjigi_store::transact;

use super::intake::{self, FieldRules, Window};

pub async fn handler(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, Refused> {
    let call = Signed::read(&app, &routes::COUNTS, request).await?;
    let CountBatch { batch, counts, pictures, prices, outcomes } = call.json()?;
    for (index, count) in counts.iter().enumerate() {
        check(count, &FieldRules::of("counts", index))?;
    }
    for (index, report) in outcomes.iter().enumerate() {
        check_outcome(report, &FieldRules::of("outcomes", index))?;
    }
    for (index, price) in prices.iter().enumerate() {
        check_price(price, &FieldRules::of("prices", index))?;
    }
    let now = app.clock.now();
    let window = Window::around(now, app.retention.event_days);
    let sent = counts.len() + pictures.len();
    let kept: Vec<Count> = counts
        .into_iter()
        .filter(|count| window.holds(count.minute.saturating_mul(60_000)))
        .collect();
    let kept_pictures: Vec<PictureCount> = pictures
        .into_iter()
        .filter(|count| window.holds(count.minute.saturating_mul(60_000)))
        .collect();
    intake::count_left_out("counts", sent - kept.len() - kept_pictures.len());
    let in_time = |price: &PriceCount| window.holds(price.minute.saturating_mul(60_000));
    let prices = PriceColumns::new(prices.into_iter().filter(in_time).collect());
    let missed = missed(&kept_pictures);
    let (columns, pictures) = (CountColumns::new(kept), PictureColumns::new(kept_pictures));
    let outcomes = OutcomeColumns::new(outcomes);

    app.readiness.migrated()?;
    let _turn = app.admission.writing().await?;
    let unit = TakeCounts {
        nonce: &call.nonce.0,
        batch,
        counts: &columns,
        pictures: &pictures,
        outcomes: &outcomes,
        prices: &prices,
        now,
    };
    let outcome = match transact(&app.pool, &unit).await? {
        CountsTaken::New => {
            for (kind, number) in missed {
                metrics::counter!("munjigi_pictures_missed_total", "type" => kind)
                    .increment(number);
            }
            "new"
        }
        CountsTaken::Repeated => "repeated",
        CountsTaken::Replayed => return Err(intake::replayed()),
    };
    metrics::counter!("munjigi_intake_count_batches_total", "outcome" => outcome).increment(1);
    Ok(StatusCode::NO_CONTENT)
}

fn check_price(price: &PriceCount, fields: &FieldRules) -> Result<(), Refused> {
    fields.sitekey(&price.sitekey)?;
    let is_name = |name: &str| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        name.len() == 8 && name.bytes().all(is_digit)
    };
    let named = price.fleets.iter().all(|fleet| is_name(&fleet.name));
    fields.check(named, "fleets", "has a name that is not 8 hex digits")
}

fn check_outcome(report: &OutcomeReport, fields: &FieldRules) -> Result<(), Refused> {
    fields.sitekey(&report.sitekey)?;
    fields.check(report.score <= 100, "score", "is above 100")
}

/// How many pictures of each kind were needed but not available.
fn missed(counts: &[PictureCount]) -> Vec<(&'static str, u64)> {
    let missed = counts.iter().filter(|count| count.pack.is_none());
    missed.map(|count| (count.picture_type.as_str(), u64::from(count.dealt))).collect()
}

fn check(count: &Count, fields: &FieldRules) -> Result<(), Refused> {
    fields.sitekey(&count.sitekey)?;
    fields.text("hostname", &count.hostname, 253)?;
    fields.text("action", &count.action, 32)?;
    fields.country(&count.country)?;
    fields.check(
        matches!(count.solve_ms.len(), 0 | SOLVE_MS_BUCKETS),
        "solve_ms",
        "has the wrong number of buckets",
    )?;
    let bucketed = !count.solve_ms.is_empty();
    fields.check(
        !bucketed || count.kind == CountKind::Solved,
        "solve_ms",
        "is allowed only for solved",
    )
}
