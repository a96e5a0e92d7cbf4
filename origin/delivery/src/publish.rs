//! Publishing: makes the edge's sites, the lists that their rules name, and the
//! filter of imported keys match what is queued.

mod verify;

use std::time::Duration;

use munjigi_captcha::{ImportFilter, KeyCheck};
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::deliveries::{self, Due, Next, Topic};
use munjigi_store::{DatabaseError, lists, publications, vendor_keys};
use sqlx::{PgConnection, PgPool};

use crate::back_off::BackOff;
use crate::edge::{EdgeClient, EdgeError};
use crate::outbox::{self, Blame, DeliveryResult, Failure, Outbox, Terms, Tried};

pub use verify::verify;

/// The edge is one machine's call away: retries from half a second to half a
/// minute.
pub const EDGE_BACK_OFF: BackOff =
    BackOff::doubling(Duration::from_millis(500), Duration::from_secs(30));

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
    pub async fn run(self, sessions: PgPool, stop: Stop) {
        match self.queue_everything().await {
            Ok(sites) => tracing::info!(sites, "publishing every site to the edge"),
            Err(error) => tracing::warn!(%error, "sites could not be queued for publishing"),
        }
        outbox::run(&self, &sessions, stop).await;
    }

    /// Queues every site, every list and the filter again, as they stand.
    async fn queue_everything(&self) -> Result<u64, DatabaseError> {
        let now = self.clock.now();
        deliveries::queue_again(&self.pool, Topic::VendorKeys, now).await?;
        deliveries::queue_again(&self.pool, Topic::Lists, now).await?;
        deliveries::queue_again(&self.pool, Topic::Sites, now).await
    }

    async fn put_filter(&self, version: u64) -> Result<DeliveryResult, DatabaseError> {
        let imports = vendor_keys::live(&self.pool).await?;
        let filter = ImportFilter::of(version, &imports, &self.check);
        Ok(outcome(self.edge.put_imports(&filter).await))
    }

    /// What the list contains by now: a version that was queued in the meantime
    /// is delivered again, as a repeat.
    async fn put_list(&self, due: &Due) -> Result<DeliveryResult, DatabaseError> {
        let id = &due.key;
        Ok(outcome(match lists::wanted(&self.pool, id).await? {
            Some(list) => self.edge.put_list(id, &list).await,
            None => self.edge.delete_list(id, due.version).await,
        }))
    }

    async fn put_site(&self, due: &Due) -> DeliveryResult {
        let (sitekey, version) = (&due.key, due.version);
        outcome(match &due.payload {
            Some(config) => {
                self.edge.put_site(sitekey, config.to_string().into_bytes()).await.map(drop)
            }
            None => self.edge.delete_site(sitekey, version).await,
        })
    }
}

impl Outbox for Publisher {
    type Facts = ();

    const TOPICS: &'static [Terms] = &[
        // First: without it, a site's imported keys are unknown at the edge.
        Terms {
            topic: Topic::VendorKeys,
            lease: Duration::from_secs(30),
            at_once: 1,
            back_off: EDGE_BACK_OFF,
            blame: Blame::Operator,
        },
        // Before the sites that name them.
        Terms {
            topic: Topic::Lists,
            lease: Duration::from_secs(30),
            at_once: 4,
            back_off: EDGE_BACK_OFF,
            blame: Blame::Operator,
        },
        Terms {
            topic: Topic::Sites,
            lease: Duration::from_secs(30),
            at_once: 8,
            back_off: EDGE_BACK_OFF,
            blame: Blame::Operator,
        },
    ];

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn attempt(&self, due: &Due) -> Result<(DeliveryResult, ()), DatabaseError> {
        let outcome = match due.topic {
            Topic::VendorKeys => self.put_filter(due.version).await?,
            Topic::Lists => self.put_list(due).await?,
            _ => self.put_site(due).await,
        };
        Ok((outcome, ()))
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<()>,
    ) -> Result<(), DatabaseError> {
        let Due { key, version, .. } = due;
        match (due.topic, &tried.next) {
            (Topic::VendorKeys, Next::Delivered) => {
                vendor_keys::delivered(connection, *version, tried.now).await
            }
            (Topic::Lists, Next::Delivered) => lists::delivered(connection, key, *version).await,
            (Topic::Lists, Next::Raised(raised, _)) => {
                lists::raised(connection, key, *version, *raised).await
            }
            (Topic::Sites, Next::Delivered) => {
                publications::delivered(connection, key, *version, tried.now).await
            }
            (Topic::Sites, Next::Raised(raised, _)) => {
                publications::raised(connection, key, *version, *raised).await
            }
            _ => Ok(()),
        }
    }
}

/// What an answer of the edge means.
pub fn outcome(answer: Result<(), EdgeError>) -> DeliveryResult {
    match answer {
        Ok(()) => DeliveryResult::Delivered,
        Err(EdgeError::Stale) => DeliveryResult::Stale,
        Err(error) => DeliveryResult::Failed(Failure::new(error.code(), &error)),
    }
}
