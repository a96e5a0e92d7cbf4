//! The console's queries over ten million events: how fast those are taken,
//! how long the jobs need to sum them up, and how long each query takes.
//!
//! `scripts/bench console` starts a Postgres and runs this. Alone:
//! `DATABASE_URL=postgres://… cargo bench -p munjigi-origin --bench dashboard -- [EVENTS [RUNS]]`
//! makes a database of its own there and drops it. Prints one JSON document.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock itself")]
#![expect(clippy::cast_precision_loss, reason = "rates are told in whole events")]

#[path = "dashboard/load.rs"]
mod load;
#[path = "dashboard/plans.rs"]
mod plans;
#[path = "dashboard/queries.rs"]
mod queries;
mod served;

use std::time::Duration;

use munjigi_domain::entropy::Entropy;
use served::Own;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const EVENTS: u64 = 10_000_000;
const RUNS: usize = 200;
const INTAKE_FOR: Duration = Duration::from_secs(8);

fn main() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres to measure on");
    // Cargo adds `--bench`.
    let mut numbers = std::env::args().filter_map(|word| word.parse::<u64>().ok());
    let events = numbers.next().unwrap_or(EVENTS);
    let runs = numbers.next().map_or(RUNS, |runs| usize::try_from(runs).unwrap());
    tokio::runtime::Runtime::new().unwrap().block_on(measure(&url, events, runs));
}

async fn measure(url: &str, events: u64, runs: usize) {
    let entropy = Entropy::system().unwrap();
    let own = Own::make(url).await;
    let pool = PgPool::connect(&own.url).await.unwrap();
    let (now, loaded) = load::load(&pool, events).await;
    let intake = served::events_per_second(&pool, &entropy, INTAKE_FOR).await;
    // One connection: a query's own time, without waiting for others.
    let one = PgPoolOptions::new().max_connections(1).connect(&own.url).await.unwrap();
    let queries = queries::measure(&one, now, runs).await;
    let document = serde_json::json!({
        "loaded": loaded,
        "intake_per_second": intake.round(),
        "runs": runs,
        "queries": queries,
    });
    println!("{document}");
    one.close().await;
    pool.close().await;
    own.drop().await;
}
