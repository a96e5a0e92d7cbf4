//! Publishing: makes the edge's sites, and the filter of imported keys, match
//! the outbox, and decides what follows a failure.

mod filter;
mod verify;

use munjigi_captcha::KeyCheck;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::publications::{self, CHANNEL, Due};
use munjigi_store::vendor_keys::{self, DueFilter};
use munjigi_store::{Notices, StoreError};
use sqlx::PgPool;

use crate::edge::{EdgeClient, EdgeError};
use crate::queues::{self as outbox, Outbox};

pub use verify::verify;

/// Deliveries in progress at once.
const AT_ONCE: i64 = 8;
const RETRY_FIRST_MS: u64 = 500;
const RETRY_MOST_MS: u64 = 30_000;

/// What publishing needs.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub pool: PgPool,
    pub edge: EdgeClient,
    /// Computes the names of imported keys.
    pub check: KeyCheck,
    pub clock: Clock,
}

impl Publisher {
    /// Publishes every site once, then each change, until told to stop. A
    /// delivery in progress is finished first.
    pub async fn run(self, stop: Stop) {
        match self.queue_everything().await {
            Ok(sites) => tracing::info!(sites, "publishing every site to the edge"),
            Err(error) => tracing::warn!(%error, "sites could not be queued for publishing"),
        }
        outbox::run(&self, stop).await;
    }

    /// Queues every site and the filter again, as they stand.
    async fn queue_everything(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        vendor_keys::queue_again(&self.pool, now).await?;
        publications::queue_all(&self.pool, now).await
    }

    /// Delivers everything that is due now, oldest first.
    pub async fn deliver_due(&self, stop: &Stop) -> Result<(), StoreError> {
        outbox::carry_due(self, stop).await
    }
}

/// One item to deliver.
#[derive(Debug)]
pub enum Delivery {
    /// A version of a site.
    Site(Due),
    /// The filter of imported keys.
    Filter(DueFilter),
}

impl Outbox for Publisher {
    type Due = Delivery;

    const WAITS: &'static str = "publishing is waiting for Postgres";
    const BROKE_OFF: &'static str = "a delivery was interrupted";

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn notices(&self) -> Notices {
        Notices::of(self.pool.clone(), CHANNEL)
    }

    async fn lease(&self, now: UnixMillis) -> Result<Vec<Delivery>, StoreError> {
        // Alone and first: without it, a site's imported keys are unknown at
        // the edge.
        if let Some(due) = vendor_keys::lease(&self.pool, now).await? {
            return Ok(vec![Delivery::Filter(due)]);
        }
        let due = publications::lease(&self.pool, now, AT_ONCE).await?;
        Ok(due.into_iter().map(Delivery::Site).collect())
    }

    async fn next_try(&self) -> Result<Option<UnixMillis>, StoreError> {
        let sites = publications::next_try(&self.pool).await?;
        let filter = vendor_keys::next_try(&self.pool).await?;
        Ok(sites.into_iter().chain(filter).min_by_key(|at| at.0))
    }

    async fn try_one(&self, due: &Delivery) -> Result<(), StoreError> {
        match due {
            Delivery::Site(due) => self.deliver(due).await,
            Delivery::Filter(due) => filter::deliver(self, due).await,
        }
    }
}

impl Publisher {
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
                // Logging each retry of each site would flood the log while an
                // edge is down.
                if attempts.is_power_of_two() {
                    tracing::warn!(%sitekey, version, attempts, %error, "not published; retrying");
                }
                count("failed");
                publications::failed(&self.pool, due, &error.to_string(), next_try_at).await
            }
        }
    }
}

/// Doubles from half a second to half a minute.
pub fn retry_after_ms(failed: u32) -> u64 {
    outbox::doubled(RETRY_FIRST_MS, failed).min(RETRY_MOST_MS)
}

/// Counts the outcome of one publication: `sent`, `refused`, `failed`…
pub fn count(outcome: &'static str) {
    metrics::counter!("munjigi_publications_total", "outcome" => outcome).increment(1);
}
