//! The pools' part of the outbox: one row that says from which packs the edge
//! deals. Its lock orders everything that moves packs into and out of the
//! pools.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PictureType, PoolEntry, Pools};
use sqlx::{PgConnection, PgPool};
use time::Duration;

use super::row::{self, bigint, inconsistent};
use crate::{StoreError, Unit, transact};

/// How long a publisher has for the call.
const LEASE: Duration = Duration::seconds(30);

/// The row, locked until the transaction ends.
#[derive(Debug)]
pub struct Locked {
    version: u64,
    packs: Vec<PoolEntry>,
}

/// Locks the pools. Taken before any lock on a pack, to prevent deadlocks.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<Locked, StoreError> {
    let row = sqlx::query!("SELECT version, packs FROM pool_publication FOR UPDATE")
        .fetch_one(connection)
        .await?;
    let packs = serde_json::from_value(row.packs).map_err(|_| StoreError::Inconsistent {
        table: "pool_publication",
        column: "packs",
        row: row.version.to_string(),
    })?;
    Ok(Locked { version: row.version.unsigned_abs(), packs })
}

/// Updates the wanted pools from packs and switches, and queues them if they
/// changed.
pub(super) async fn queue(
    connection: &mut PgConnection,
    locked: &Locked,
    off: &[PictureType],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let off: Vec<String> = off.iter().map(|kind| kind.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, type, retire_at AS "retire_at!" FROM packs
        WHERE state = 'published' AND type <> ALL ($1)
        ORDER BY type, id"#,
        &off
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut packs = Vec::with_capacity(rows.len());
    for row in rows {
        packs.push(PoolEntry {
            id: row::pack_id(&row.id)?,
            picture_type: row::picture_type(&row.r#type, &row.id)?,
            retire_at: from_timestamp(row.retire_at).seconds(),
        });
    }
    let mut version = locked.version;
    if packs != locked.packs {
        version = now.0.max(locked.version + 1);
        let packs =
            serde_json::to_value(&packs).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        sqlx::query!(
            "UPDATE pool_publication SET
                version = $1, packs = $2, queued_at = $3, next_try_at = $3,
                attempts = 0, last_error = NULL",
            bigint(version),
            packs,
            to_timestamp(now)
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query!(
        "UPDATE packs SET left_version = $1 WHERE state = 'retiring' AND left_version IS NULL",
        bigint(version)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Pools to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePools {
    /// What the edge should have.
    pub pools: Pools,
    /// Failed attempts at this version.
    pub attempts: u32,
}

/// Leases the pools if they are due.
pub async fn lease_pools(pool: &PgPool, now: UnixMillis) -> Result<Option<DuePools>, StoreError> {
    let now = to_timestamp(now);
    let row = sqlx::query!(
        "UPDATE pool_publication SET leased_until = $2
        WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
        RETURNING version, packs, attempts",
        now,
        now + LEASE
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let packs =
        serde_json::from_value(row.packs).map_err(|_| inconsistent("packs", "the pools"))?;
    let pools = Pools { version: row.version.unsigned_abs(), packs };
    Ok(Some(DuePools { pools, attempts: row.attempts.unsigned_abs() }))
}

/// Records that the edge has these pools: packs that are no longer in them may
/// be deleted after a while.
pub async fn pools_delivered(
    pool: &PgPool,
    version: u64,
    now: UnixMillis,
) -> Result<(), StoreError> {
    transact(pool, &Delivered { version, now }).await
}

struct Delivered {
    version: u64,
    now: UnixMillis,
}

impl Unit for Delivered {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (version, now) = (bigint(self.version), to_timestamp(self.now));
        sqlx::query!(
            "UPDATE pool_publication SET
                published_version = $1, published_at = $2, leased_until = NULL,
                next_try_at = CASE WHEN version = $1 THEN NULL ELSE next_try_at END,
                attempts = CASE WHEN version = $1 THEN 0 ELSE attempts END,
                last_error = CASE WHEN version = $1 THEN NULL ELSE last_error END",
            version,
            now
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "UPDATE packs SET left_at = $2
            WHERE state = 'retiring' AND left_at IS NULL AND left_version <= $1",
            version,
            now
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Records that the edge did not accept them, and when to retry.
pub async fn pools_failed(
    pool: &PgPool,
    version: u64,
    error: &str,
    next_try_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE pool_publication SET
            leased_until = NULL,
            next_try_at = CASE WHEN version = $1 THEN $3 ELSE next_try_at END,
            attempts = CASE WHEN version = $1 THEN attempts + 1 ELSE attempts END,
            last_error = CASE WHEN version = $1 THEN $2 ELSE last_error END",
        bigint(version),
        error,
        to_timestamp(next_try_at)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The edge has newer pools than this database, which was restored from a
/// backup: raises the version above any that a clock has given so far.
pub async fn pools_overtake(
    pool: &PgPool,
    version: u64,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE pool_publication SET
            version = GREATEST($1 + 1, $2), attempts = attempts + 1, leased_until = NULL,
            next_try_at = $3,
            last_error = 'the edge had a newer version; raised ours above it'
        WHERE version = $1",
        bigint(version),
        bigint(now.0),
        to_timestamp(UnixMillis(now.0 + 1_000))
    )
    .execute(pool)
    .await?;
    Ok(())
}
