//! Events per second into a real Postgres: signed batches over HTTP, as the
//! edge sends them, compared with the same events inserted row by row.
//!
//! `DATABASE_URL=postgres://… cargo bench -p munjigi-origin --bench intake`
//! creates a database of its own there and drops it.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock itself")]
#![expect(clippy::cast_precision_loss, reason = "rates are told in whole events")]

mod served;

use std::time::{Duration, Instant};

use munjigi_domain::entropy::Entropy;
use munjigi_process::clock::Clock;
use munjigi_store::events::{EventColumns, TakeEvents};
use munjigi_store::transact;
use munjigi_store::{Database, Times};
use served::{BATCH, CALLERS, Own};
use sqlx::PgPool;
use tokio::task::JoinSet;

const LASTING: Duration = Duration::from_secs(8);

fn main() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres to measure on");
    tokio::runtime::Runtime::new().unwrap().block_on(measure(&url));
}

async fn measure(url: &str) {
    let entropy = Entropy::system().unwrap();
    let own = Own::make(url).await;
    let url = own.url.parse().unwrap();
    let pool = munjigi_store::pool(&Database {
        url,
        pooler: None,
        connections: 10,
        times: Times::default(),
    });
    let rows = row_by_row(&pool, &entropy).await;
    let batches = served::events_per_second(&pool, &entropy, LASTING).await;
    println!("intake, row by row             {rows:>9.0} events/s");
    println!("intake, batches of {BATCH} over HTTP {batches:>8.0} events/s");
    println!("intake, batches/row by row = {:.1}", batches / rows);
    pool.close().await;
    own.drop().await;
}

/// The baseline: the same transaction with a single event.
async fn row_by_row(pool: &PgPool, entropy: &Entropy) -> f64 {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (pool, entropy) = (pool.clone(), entropy.clone());
        callers.spawn(async move {
            let mut taken = 0;
            while start.elapsed() < LASTING / 2 {
                let now = Clock::system().now();
                let events = EventColumns::new(vec![served::event(&entropy, now)]);
                let unit = TakeEvents { nonce: &entropy.bytes(), events: &events, now };
                transact(&pool, &unit).await.unwrap();
                taken += 1;
            }
            taken
        });
    }
    let taken: usize = callers.join_all().await.into_iter().sum();
    taken as f64 / start.elapsed().as_secs_f64()
}
