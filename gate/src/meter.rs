//! The meter of a gate that runs alone: in its own memory, and so exact.

use std::sync::Arc;

use munjigi_captcha::Shared;
use munjigi_captcha::counters::{Report, Totals};
use munjigi_captcha::meter::Ledger;
use munjigi_captcha::ports::{self, StoreError};
use munjigi_process::clock::Clock;

/// Clones share it.
#[derive(Debug, Clone)]
pub struct Meter {
    ledger: Arc<Shared<Ledger>>,
    clock: Clock,
}

impl Meter {
    /// An empty meter for counters with this half-life.
    pub fn new(half_life_seconds: u32, clock: Clock) -> Self {
        Self { ledger: Arc::new(Shared::new(Ledger::new(half_life_seconds))), clock }
    }
}

impl ports::Meter for Meter {
    fn parts(&self) -> u16 {
        1
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        let now = self.clock.now();
        Ok(self.ledger.with(|ledger| ledger.add(report, now)))
    }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::meter;

    use super::*;

    #[tokio::test]
    async fn the_contract_of_meters_holds() {
        let now = Clock::system().now();
        meter(async || Meter::new(300, Clock::system()), now).await;
    }
}
