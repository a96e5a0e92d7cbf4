//! The pools: one delivery that says from which packs the edge deals, and one
//! row of facts, whose lock orders everything that moves packs into and out of
//! the pools.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PictureKind, PoolEntry, Pools};
use serde_json::Value;
use sqlx::PgConnection;

use super::row::{self, bigint};
use crate::DatabaseError;
use crate::deliveries::{self, Due, Topic, Wanted};

/// The key of their only delivery.
const KEY: &str = "pools";

/// The pools that the edge should have, locked until the transaction ends.
#[derive(Debug)]
pub struct Locked {
    version: u64,
    packs: Vec<PoolEntry>,
}

/// Locks the pools. Taken before any lock on a pack or a delivery, to prevent
/// deadlocks.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<Locked, DatabaseError> {
    lock_pools(connection).await?;
    let wanted = deliveries::wanted(connection, Topic::Pools, KEY).await?;
    let (version, payload) = wanted.unwrap_or_default();
    Ok(Locked { version, packs: entries(payload)? })
}

/// Locks the pools, for a change that is made elsewhere in the transaction.
pub async fn lock_pools(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("SELECT single FROM pool_publication FOR UPDATE").fetch_one(connection).await?;
    Ok(())
}

fn entries(payload: Option<Value>) -> Result<Vec<PoolEntry>, DatabaseError> {
    let entries = payload.map(serde_json::from_value).transpose();
    Ok(entries
        .map_err(|_| DatabaseError::Inconsistent {
            table: "deliveries",
            column: "payload",
            row: KEY.to_owned(),
        })?
        .unwrap_or_default())
}

/// Updates the wanted pools from packs and switches, and queues them if they
/// changed.
pub(super) async fn queue(
    connection: &mut PgConnection,
    locked: &Locked,
    off: &[PictureKind],
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let off: Vec<String> = off.iter().map(|kind| kind.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, kind, retire_at AS "retire_at!" FROM packs
        WHERE state = 'published' AND kind <> ALL ($1)
        ORDER BY kind, id"#,
        &off
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut packs = Vec::with_capacity(rows.len());
    for row in rows {
        packs.push(PoolEntry {
            id: row::pack_id(&row.id)?,
            kind: row::kind(&row.kind, &row.id)?,
            retire_at: from_timestamp(row.retire_at).seconds(),
        });
    }
    let mut version = locked.version;
    if packs != locked.packs {
        version = now.0.max(locked.version + 1);
        let payload =
            serde_json::to_value(&packs).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let wanted = Wanted { topic: Topic::Pools, key: KEY, version, payload: Some(payload) };
        deliveries::queue(connection, wanted, now).await?;
    }
    sqlx::query!(
        "UPDATE packs SET left_version = $1 WHERE state = 'retiring' AND left_version IS NULL",
        bigint(version)
    )
    .execute(&mut *connection)
    .await?;
    // The edge may have the pools without it already.
    packs_left(connection, now).await
}

/// The pools of a delivery.
pub fn wanted_pools(due: &Due) -> Result<Pools, DatabaseError> {
    Ok(Pools { version: due.version, packs: entries(due.payload.clone())? })
}

/// Records that the edge has these pools: packs that are no longer in them may
/// be deleted after a while.
pub async fn pools_delivered(
    connection: &mut PgConnection,
    version: u64,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE pool_publication SET published_version = $1, published_at = $2",
        bigint(version),
        to_timestamp(now)
    )
    .execute(&mut *connection)
    .await?;
    packs_left(connection, now).await
}

/// Records of each retiring pack that the edge's pools no longer name it, if
/// they do not.
async fn packs_left(connection: &mut PgConnection, now: UnixMillis) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE packs SET left_at = $1 FROM pool_publication
        WHERE state = 'retiring' AND left_at IS NULL
            AND left_version <= coalesce(published_version, 0)",
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}
