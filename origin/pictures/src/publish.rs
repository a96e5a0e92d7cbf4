//! Delivers packs to the edge and removes them from it, and then the pools that
//! name them: images, manifest, pools, in that order.

use std::time::Duration;

use munjigi_captcha::pictures::PicturePack;
use munjigi_delivery::edge::EdgeError;
use munjigi_delivery::publish::EDGE_BACK_OFF;
use munjigi_keys::UnixMillis;
use munjigi_process::stop::Stop;
use munjigi_store::pictures::{self as packs, Action, Due, DuePools, Put};
use munjigi_store::{StoreError, transact};

use super::factory::Factory;
use super::sift::shape;

/// Interval between reads of the outbox.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Packs delivered per read: each is up to 9 MiB.
const AT_ONCE: i64 = 4;

/// Delivers until told to stop; a delivery in progress is finished first.
pub(super) async fn run(factory: &Factory, mut stop: Stop) {
    while !stop.is_asked() {
        if let Err(error) = deliver_due(factory).await {
            tracing::debug!(%error, "publishing packs is waiting for Postgres");
        }
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Delivers everything that is due now.
pub async fn deliver_due(factory: &Factory) -> Result<(), StoreError> {
    loop {
        let due = packs::lease(&factory.pool, factory.clock.now(), AT_ONCE).await?;
        if due.is_empty() {
            break;
        }
        for due in due {
            deliver(factory, due).await?;
        }
    }
    let pools = packs::lease_pools(&factory.pool, factory.clock.now()).await?;
    match pools {
        Some(pools) => deliver_pools(factory, pools).await,
        None => Ok(()),
    }
}

/// The outcome of a delivery.
enum Delivery {
    /// The edge accepted it.
    Done,
    /// To be retried.
    Failed(EdgeError),
    /// Never: no edge will accept this pack.
    Unfit(String),
}

async fn deliver(factory: &Factory, due: Due) -> Result<(), StoreError> {
    let Due { pack, action, attempts } = due;
    let delivery = match action {
        Action::Put => put(factory, due).await?,
        Action::Delete => match factory.edge.delete_pack(pack).await {
            Ok(()) => Delivery::Done,
            Err(error) => Delivery::Failed(error),
        },
    };
    let now = factory.clock.now();
    match delivery {
        Delivery::Done => {
            count("delivered");
            tracing::info!(%pack, ?action, "the edge is up to date");
        }
        Delivery::Failed(error) => {
            let failed = attempts + 1;
            // Logging each retry of each pack would flood the log while an edge
            // is down.
            if failed.is_power_of_two() {
                tracing::warn!(%pack, ?action, failed, %error, "a pack was not delivered; retrying");
            }
            count("failed");
            let again = UnixMillis(now.0 + EDGE_BACK_OFF.wait_ms(attempts, 0));
            return packs::failed(&factory.pool, pack, &error.to_string(), again).await;
        }
        Delivery::Unfit(why) => {
            count("unfit");
            tracing::error!(%pack, %why, "a pack cannot be published; giving up");
            return packs::given_up(&factory.pool, pack, &why, now).await;
        }
    }
    match action {
        Action::Put => {
            let age = u64::try_from(factory.config.pack_age.as_millis()).unwrap_or(u64::MAX);
            let deals = |kind, switch| factory.deals(kind, switch);
            let retire_at = UnixMillis(now.0.saturating_add(age));
            transact(&factory.pool, &Put { pack, retire_at, deals: &deals, now }).await
        }
        Action::Delete => packs::deleted(&factory.pool, pack, now).await,
    }
}

async fn put(factory: &Factory, due: Due) -> Result<Delivery, StoreError> {
    let packed = packs::packed(&factory.pool, due.pack, shape).await?;
    // As the edge will check it.
    let pack = match PicturePack::parse(packed.pack) {
        Ok(pack) => pack,
        Err(error) => return Ok(Delivery::Unfit(error.to_string())),
    };
    if let Err(error) = factory.edge.put_pack_images(due.pack, packed.images).await {
        return Ok(Delivery::Failed(error));
    }
    Ok(match factory.edge.put_pack(&pack).await {
        Ok(()) => Delivery::Done,
        Err(error @ EdgeError::Stale) => Delivery::Unfit(error.to_string()),
        Err(error) => Delivery::Failed(error),
    })
}

async fn deliver_pools(factory: &Factory, due: DuePools) -> Result<(), StoreError> {
    let version = due.pools.version;
    let result = factory.edge.put_pools(&due.pools).await;
    let now = factory.clock.now();
    match result {
        Ok(()) => {
            tracing::info!(version, packs = due.pools.packs.len(), "published the pools");
            count("delivered");
            packs::pools_delivered(&factory.pool, version, now).await
        }
        Err(EdgeError::Stale) => {
            tracing::warn!(version, "the edge has newer pools; raising ours");
            count("stale");
            packs::pools_overtake(&factory.pool, version, now).await
        }
        Err(error) => {
            let attempts = due.attempts + 1;
            if attempts.is_power_of_two() {
                tracing::warn!(version, attempts, %error, "pools were not published; retrying");
            }
            count("failed");
            let again = UnixMillis(now.0 + EDGE_BACK_OFF.wait_ms(due.attempts, 0));
            packs::pools_failed(&factory.pool, version, &error.to_string(), again).await
        }
    }
}

/// Counts the outcome of one publication.
fn count(outcome: &'static str) {
    metrics::counter!("munjigi_publications_total", "outcome" => outcome).increment(1);
}
