//! Publishing: makes the edge's sites what the outbox says. Woken by NOTIFY
//! when a site changes anywhere, and by the clock for what is to be retried.

mod verify;

use std::time::Duration;

use munjigi_captcha::UnixMillis;
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::edge::{Edge, EdgeError};
use crate::stop::Stop;
use crate::store::publications::{self, CHANNEL, Due};
use crate::store::{Notices, StoreError};

pub use verify::verify;

/// Deliveries under way at once.
const AT_ONCE: i64 = 8;
/// Longest wait without a look: NOTIFY is a hint, the table is the truth.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const RETRY_FIRST_MS: u64 = 500;
const RETRY_MOST_MS: u64 = 30_000;

/// What publishing needs.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// Postgres.
    pub pool: PgPool,
    /// The edge.
    pub edge: Edge,
    /// Tells the time.
    pub clock: Clock,
}

impl Publisher {
    /// Publishes every site once, then each change, until told to stop. A
    /// delivery under way is finished first.
    pub async fn run(self, mut stop: Stop) {
        match publications::queue_all(&self.pool, self.clock.now()).await {
            Ok(sites) => tracing::info!(sites, "publishing every site to the edge"),
            Err(error) => tracing::warn!(%error, "sites are not queued for publishing"),
        }
        let mut notices = Notices::of(self.pool.clone(), CHANNEL);
        while !stop.is_asked() {
            let wait = match self.deliver_due().await {
                Ok(()) => self.until_next().await,
                Err(error) => {
                    tracing::warn!(%error, "publishing waits for Postgres");
                    notices.close();
                    Duration::from_secs(1)
                }
            };
            if notices.began().await {
                // Something may have been queued before we listened.
                continue;
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(wait) => {}
                () = notices.heard() => {}
            }
        }
    }

    /// Delivers everything that is due now, oldest first.
    pub async fn deliver_due(&self) -> Result<(), StoreError> {
        loop {
            let due = publications::lease(&self.pool, self.clock.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut deliveries = JoinSet::new();
            for due in due {
                let publisher = self.clone();
                deliveries.spawn(async move { publisher.deliver(&due).await });
            }
            while let Some(delivered) = deliveries.join_next().await {
                match delivered {
                    Ok(result) => result?,
                    // The lease runs out and the delivery is made again.
                    Err(error) => tracing::error!(%error, "a delivery broke off"),
                }
            }
        }
    }

    async fn deliver(&self, due: &Due) -> Result<(), StoreError> {
        let (sitekey, version) = (&due.sitekey, due.version);
        let result = match &due.payload {
            Some(config) => {
                self.edge.put_site(sitekey, config.to_string().into_bytes()).await.map(drop)
            }
            None => self.edge.delete_site(sitekey, version).await,
        };
        let now = self.clock.now();
        match result {
            Ok(()) => {
                tracing::info!(%sitekey, version, "published");
                count("delivered");
                publications::delivered(&self.pool, due, now).await
            }
            Err(EdgeError::Stale) => {
                tracing::warn!(%sitekey, version, "the edge has a newer version; raising ours");
                count("stale");
                publications::overtake(&self.pool, due, now).await
            }
            Err(error) => {
                let next_try_at = UnixMillis(now.0 + retry_after_ms(due.attempts));
                let attempts = due.attempts + 1;
                // Each retry of each site would drown the log while an edge is away.
                if attempts.is_power_of_two() {
                    tracing::warn!(%sitekey, version, attempts, %error, "not published; retrying");
                }
                count("failed");
                publications::failed(&self.pool, due, &error.to_string(), next_try_at).await
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let next = publications::next_try(&self.pool).await.ok().flatten();
        let wait = next.map(|at| Duration::from_millis(at.since(self.clock.now())));
        wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
    }
}

/// Doubles from half a second to half a minute.
pub(crate) fn retry_after_ms(failed: u32) -> u64 {
    RETRY_FIRST_MS.saturating_mul(1 << failed.min(16)).min(RETRY_MOST_MS)
}

pub(crate) fn count(outcome: &'static str) {
    metrics::counter!("munjigi_publications_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests;
