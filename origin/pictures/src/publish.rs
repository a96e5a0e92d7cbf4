//! Delivers packs to the edge and removes them from it, and the pools that name
//! them: images, manifest, pools, in that order.

use std::time::Duration;

use munjigi_captcha::pictures::PicturePack;
use munjigi_delivery::edge::EdgeError;
use munjigi_delivery::outbox::{Blame, DeliveryResult, Failure, Outbox, Terms, Tried};
use munjigi_delivery::publish::{EDGE_BACK_OFF, outcome};
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_protocol::PackId;
use munjigi_store::DatabaseError;
use munjigi_store::deliveries::{Due, Next, Topic};
use munjigi_store::pictures::{self as packs, Action, Published};
use sqlx::{PgConnection, PgPool};

use super::factory::Factory;
use super::sift::shape;

impl Outbox for Factory {
    type Facts = ();

    const TOPICS: &'static [Terms] = &[
        // First: the edge refuses pools that name a pack that it does not have.
        Terms {
            topic: Topic::Packs,
            lease: Duration::from_secs(30),
            // Each is up to 9 MiB.
            at_once: 2,
            back_off: EDGE_BACK_OFF,
            blame: Blame::Operator,
        },
        Terms {
            topic: Topic::Pools,
            lease: Duration::from_secs(30),
            at_once: 1,
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
            Topic::Pools => outcome(self.edge.put_pools(&packs::wanted_pools(due)?).await),
            _ => match packs::wanted(due)? {
                (pack, Action::Put) => put(self, pack).await?,
                (pack, Action::Delete) => of_pack(self.edge.delete_pack(pack).await),
            },
        };
        Ok((outcome, ()))
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<()>,
    ) -> Result<(), DatabaseError> {
        let now = tried.now;
        match (due.topic, &tried.next) {
            (Topic::Pools, Next::Delivered) => {
                packs::pools_delivered(connection, due.version, now).await
            }
            // The next change of the pools builds on the raised version.
            (Topic::Pools, Next::Raised(..)) => packs::lock_pools(connection).await,
            (Topic::Packs, Next::Delivered) => match packs::wanted(due)? {
                (pack, Action::Put) => {
                    let age = u64::try_from(self.config.pack_age.as_millis()).unwrap_or(u64::MAX);
                    let retire_at = UnixMillis(now.0.saturating_add(age));
                    let deals = |kind, switch| self.deals(kind, switch);
                    let it = Published { pack, retire_at, deals: &deals, now };
                    packs::published(connection, &it).await
                }
                (pack, Action::Delete) => packs::deleted(connection, pack, now).await,
            },
            (Topic::Packs, Next::GivenUp) => {
                let (pack, _) = packs::wanted(due)?;
                let why = tried.outcome.error().unwrap_or_default();
                packs::given_up(connection, pack, why, now).await
            }
            _ => Ok(()),
        }
    }
}

async fn put(factory: &Factory, id: PackId) -> Result<DeliveryResult, DatabaseError> {
    let packed = packs::packed(&factory.pool, id, shape).await?;
    // As the edge will check it.
    let pack = match PicturePack::parse(packed.pack) {
        Ok(pack) => pack,
        Err(error) => return Ok(DeliveryResult::Refused(Failure::new("unfit", &error))),
    };
    let images = factory.edge.put_pack_images(id, packed.images).await;
    if images.is_err() {
        return Ok(of_pack(images));
    }
    Ok(match factory.edge.put_pack(&pack).await {
        // The edge has another pack of this id: it will never take ours.
        Err(error @ EdgeError::Stale) => DeliveryResult::Refused(Failure::new("unfit", &error)),
        answer => of_pack(answer),
    })
}

/// A pack has no newer version at the edge.
fn of_pack(answer: Result<(), EdgeError>) -> DeliveryResult {
    match answer {
        Ok(()) => DeliveryResult::Delivered,
        Err(error) => DeliveryResult::Failed(Failure::new(error.code(), &error)),
    }
}
