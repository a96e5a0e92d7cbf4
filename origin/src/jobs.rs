//! Work that comes by the clock: days created and dropped, rows swept, hours
//! rolled up, the edge looked at. Each is safe to run in several origins at
//! once and to run twice.

use std::time::Duration;

use sqlx::PgPool;

use crate::clock::{Clock, Stopwatch};
use crate::publish::{self, Publisher};
use crate::stop::Stop;
use crate::store::housekeeping::{CreateDays, DropDays, Sweep};
use crate::store::{StoreError, pictures, rollups, transact};

const HOUSEKEEPING_EVERY: Duration = Duration::from_mins(10);
const ROLLUPS_EVERY: Duration = Duration::from_mins(5);
const VERIFY_EVERY: Duration = Duration::from_mins(3);
/// After a failure, so that a job missed while Postgres was away is made up.
const RETRY_EVERY: Duration = Duration::from_secs(15);

/// What the jobs need.
#[derive(Debug, Clone)]
pub struct Jobs {
    /// Postgres.
    pub pool: PgPool,
    /// Tells the time.
    pub clock: Clock,
    /// Days of events and counts that are kept.
    pub event_days: u16,
    /// For looking at the edge.
    pub publisher: Publisher,
}

impl Jobs {
    /// Runs every job in its rhythm until told to stop.
    pub async fn run(self, stop: Stop) {
        tokio::join!(
            repeat("housekeeping", HOUSEKEEPING_EVERY, stop.clone(), || self.keep_house()),
            repeat("rollups", ROLLUPS_EVERY, stop.clone(), || self.roll_up()),
            repeat("verify", VERIFY_EVERY, stop, || self.verify()),
        );
    }

    /// Makes the days ahead, drops the days past retention, sweeps.
    pub async fn keep_house(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let created = transact(&self.pool, &CreateDays { now }).await?;
        let dropped = transact(&self.pool, &DropDays { now, kept_days: self.event_days }).await?;
        let swept = transact(&self.pool, &Sweep { now }).await?;
        if created > 0 || !dropped.is_empty() {
            tracing::info!(created, ?dropped, swept, "partitions");
        }
        Ok(())
    }

    /// Computes every hour that received data since it was last computed.
    pub async fn roll_up(&self) -> Result<(), StoreError> {
        for hour in rollups::due(&self.pool).await? {
            let began = self.clock.now();
            transact(&self.pool, &rollups::Roll { hour }).await?;
            rollups::rolled(&self.pool, hour, began).await?;
        }
        Ok(())
    }

    /// An edge that lost a site lost its packs too: they lie in the same
    /// store.
    pub async fn verify(&self) -> Result<(), StoreError> {
        if publish::verify(&self.publisher).await? {
            pictures::put_again(&self.pool, self.clock.now()).await?;
        }
        Ok(())
    }
}

async fn repeat<F: Future<Output = Result<(), StoreError>>>(
    job: &'static str,
    every: Duration,
    mut stop: Stop,
    run: impl Fn() -> F,
) {
    while !stop.is_asked() {
        let stopwatch = Stopwatch::start();
        let result = run().await;
        metrics::histogram!("munjigi_job_seconds", "job" => job)
            .record(stopwatch.elapsed().as_secs_f64());
        let wait = match result {
            Ok(()) => every,
            Err(error) => {
                metrics::counter!("munjigi_job_failures_total", "job" => job).increment(1);
                tracing::warn!(job, %error, "a job failed; trying again soon");
                RETRY_EVERY.min(every)
            }
        };
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests;
