//! The outbox for the edge: one row per site with what the edge should have.
//! Calling the edge is in `publish`.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::Duration;

use super::StoreError;

/// The channel on which `LISTEN` announces new publications.
pub const CHANNEL: &str = "munjigi_site_publications";

/// How long a publisher has for one call to the edge, everything included.
const LEASE: Duration = Duration::seconds(30);

/// Queues a version; `None` removes the site from the edge. Replaces an earlier
/// version that was not delivered.
pub async fn queue(
    connection: &mut PgConnection,
    sitekey: &str,
    version: u64,
    config: Option<&SiteConfig>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let payload = config
        .map(serde_json::to_value)
        .transpose()
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "INSERT INTO site_publications (sitekey, version, payload, queued_at, next_try_at)
        VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (sitekey) DO UPDATE SET
            version = EXCLUDED.version, payload = EXCLUDED.payload,
            queued_at = EXCLUDED.queued_at, next_try_at = EXCLUDED.next_try_at,
            attempts = 0, last_error = NULL",
        sitekey,
        bigint(version),
        payload,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues every site again, as it stands: the edge counts an equal version as
/// success.
pub async fn queue_all(pool: &PgPool, now: UnixMillis) -> Result<u64, StoreError> {
    let queued = sqlx::query!(
        "UPDATE site_publications SET
            queued_at = LEAST(queued_at, $1), next_try_at = $1, attempts = 0
        WHERE next_try_at IS NULL OR next_try_at > $1",
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(queued.rows_affected())
}

/// One delivery to make.
#[derive(Debug, Clone)]
pub struct Due {
    pub sitekey: String,
    pub version: u64,
    /// The SiteConfig to PUT; `None` means DELETE.
    pub payload: Option<Value>,
    /// Failed attempts at this version.
    pub attempts: u32,
}

/// Leases the deliveries that are due, oldest first. Sites that are leased are
/// skipped, so that a site's versions arrive one after the other.
pub async fn lease(pool: &PgPool, now: UnixMillis, most: i64) -> Result<Vec<Due>, StoreError> {
    let now = to_timestamp(now);
    let rows = sqlx::query!(
        "UPDATE site_publications SET leased_until = $2
        WHERE sitekey IN (
            SELECT sitekey FROM site_publications
            WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
            ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        RETURNING sitekey, version, payload, attempts",
        now,
        now + LEASE,
        most
    )
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        sitekey: row.sitekey,
        version: row.version.unsigned_abs(),
        payload: row.payload,
        attempts: row.attempts.unsigned_abs(),
    });
    Ok(due.collect())
}

/// When the next delivery is due, whether leased or not.
pub async fn next_try(pool: &PgPool) -> Result<Option<UnixMillis>, StoreError> {
    let at = sqlx::query_scalar!(
        r#"SELECT min(GREATEST(next_try_at, leased_until)) AS "at" FROM site_publications
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    Ok(at.map(from_timestamp))
}

/// Records that the edge has this version. A newer one queued in the meantime
/// stays due.
pub async fn delivered(pool: &PgPool, due: &Due, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE site_publications SET
            published_version = $2, published_at = $3, verified_at = $3, leased_until = NULL,
            next_try_at = CASE WHEN version = $2 THEN NULL ELSE next_try_at END,
            attempts = CASE WHEN version = $2 THEN 0 ELSE attempts END,
            last_error = CASE WHEN version = $2 THEN NULL ELSE last_error END
        WHERE sitekey = $1",
        due.sitekey,
        bigint(due.version),
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Records that the edge did not accept it, and when to retry. A newer version
/// queued in the meantime keeps its own time.
pub async fn failed(
    pool: &PgPool,
    due: &Due,
    error: &str,
    next_try_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE site_publications SET
            leased_until = NULL,
            next_try_at = CASE WHEN version = $2 THEN $4 ELSE next_try_at END,
            attempts = CASE WHEN version = $2 THEN attempts + 1 ELSE attempts END,
            last_error = CASE WHEN version = $2 THEN $3 ELSE last_error END
        WHERE sitekey = $1",
        due.sitekey,
        bigint(due.version),
        error,
        to_timestamp(next_try_at)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The edge has a newer version than this database, which was restored from a
/// backup: raises the version above any that a clock has given so far.
pub async fn overtake(pool: &PgPool, due: &Due, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH raised AS (
            UPDATE site_publications SET
                version = GREATEST($2 + 1, $3), attempts = attempts + 1, leased_until = NULL,
                payload = jsonb_set(payload, '{version}', to_jsonb(GREATEST($2 + 1, $3))),
                next_try_at = $4,
                last_error = 'the edge had a newer version; raised ours above it'
            WHERE sitekey = $1 AND version = $2
            RETURNING sitekey, version
        )
        UPDATE sites SET version = raised.version FROM raised WHERE sites.sitekey = raised.sitekey",
        due.sitekey,
        bigint(due.version),
        bigint(now.0),
        to_timestamp(UnixMillis(now.0 + 1_000))
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// How far behind the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries that wait.
    pub pending: u64,
    /// Milliseconds since the oldest of them was queued; 0 if there are none.
    pub lag_ms: u64,
}

/// The current backlog.
pub async fn backlog(pool: &PgPool, now: UnixMillis) -> Result<Backlog, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "pending!", min(queued_at) AS oldest FROM site_publications
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    let lag_ms = row.oldest.map_or(0, |oldest| now.since(from_timestamp(oldest)));
    Ok(Backlog { pending: row.pending.unsigned_abs(), lag_ms })
}

/// Published sites, those checked longest ago first. Sites published just now
/// may not have reached every location and are left out.
pub async fn to_verify(
    pool: &PgPool,
    now: UnixMillis,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    let sitekeys = sqlx::query_scalar!(
        "SELECT sitekey FROM site_publications
        WHERE payload IS NOT NULL AND next_try_at IS NULL
            AND verified_at < $1::timestamptz - interval '2 minutes'
        ORDER BY verified_at LIMIT $2",
        to_timestamp(now),
        most
    )
    .fetch_all(pool)
    .await?;
    Ok(sitekeys)
}

/// Records that the edge serves this site.
pub async fn verified(pool: &PgPool, sitekey: &str, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE site_publications SET verified_at = $2 WHERE sitekey = $1",
        sitekey,
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
