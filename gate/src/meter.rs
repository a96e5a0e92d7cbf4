//! The meter of a gate that runs alone: in its own memory, and so exact.

use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use munjigi_captcha::Shared;
use munjigi_captcha::ports::{self, StoreError};
use munjigi_counters::meter::Ledger;
use munjigi_counters::{Report, Totals};
use munjigi_process::clock::Clock;
use munjigi_serving::ports::Values as _;

use crate::sqlite::Sqlite;

/// Clones share it.
#[derive(Clone)]
pub struct Meter {
    ledger: Arc<Shared<Ledger>>,
    store: Sqlite,
    clock: Clock,
}

/// Where what is usual is stored.
const USUAL: &str = "meter/usual";

impl Meter {
    /// A meter for counters with this half-life, which knows what was usual when
    /// the gate ran last, as far as that can be read.
    pub async fn resume(half_life_seconds: u32, store: Sqlite, clock: Clock) -> Self {
        let kept = store.load(USUAL).await.ok().flatten().unwrap_or_default();
        let kept = Base64::decode_vec(&kept).unwrap_or_default();
        let ledger = Arc::new(Shared::new(Ledger::resumed(half_life_seconds, &kept)));
        Self { ledger, store, clock }
    }
}

impl ports::Meter for Meter {
    fn parts(&self) -> u16 {
        1
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        let now = self.clock.now();
        let (totals, usual) =
            self.ledger.with(|ledger| (ledger.add(report, now), ledger.keep(now)));
        if let Some(usual) = usual {
            // Without it, a later gate knows less; this one goes on.
            self.store.store(USUAL, &Base64::encode_string(&usual)).await.ok();
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use munjigi_captcha::contract::meter;
    use munjigi_captcha::ports::Meter as _;
    use munjigi_counters::{Kind, Payer, Row, Solution};
    use munjigi_keys::UnixMillis;

    use super::*;

    #[tokio::test]
    async fn the_contract_of_meters_holds() {
        let now = Clock::system().now();
        let folder = tempfile::tempdir().unwrap();
        let fresh = async |number: usize| {
            let file = folder.path().join(format!("{number}.db"));
            let store = Sqlite::open(&file, Clock::system()).unwrap();
            Meter::resume(300, store, Clock::system()).await
        };
        let number = AtomicUsize::new(0);
        meter(async || fresh(number.fetch_add(1, Ordering::Relaxed)).await, now).await;
    }

    #[tokio::test]
    async fn what_is_usual_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gate.db");
        let begin = Clock::system().now();
        // What usually passes, told with the first and the last report of a process.
        let people = async |windows: core::ops::Range<u64>| {
            let now = Arc::new(AtomicU64::new(begin.0));
            let clock = Clock::of({
                let now = Arc::clone(&now);
                move || UnixMillis(now.load(Ordering::Relaxed))
            });
            let store = Sqlite::open(&file, clock.clone()).unwrap();
            let meter = Meter::resume(300, store, clock).await;
            let mut told = Vec::new();
            for window in windows {
                now.store(begin.0 + window * 300_000, Ordering::Relaxed);
                let solution = |number: u64| Solution {
                    event: window << 8 | number,
                    network: number << 58,
                    payer: Payer::Newcomer,
                    rows: vec![0],
                };
                let report = Report {
                    rows: vec![Row::of(Kind::Site, 7)],
                    solutions: (0..32).map(solution).collect(),
                    ..Report::default()
                };
                told.push(meter.report(&report).await.unwrap().rows[0].usual.unwrap().people);
            }
            (told[0], told[told.len() - 1])
        };
        let (first, last) = people(0..24).await;
        assert!(first.is_none() && last.is_some());
        assert!(people(24..25).await.0.is_some());
    }
}
