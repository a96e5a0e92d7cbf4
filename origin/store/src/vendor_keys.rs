//! Imported keys of other vendors, and the outbox of the filter that represents
//! them at the edge. Requesting, activating and removing one are changes of a
//! site: `sites::import`.

use munjigi_captcha::import_name;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};

use super::StoreError;

/// How long a publisher has for the call.
const LEASE: Duration = Duration::seconds(30);

/// A vendor's sitekey that stands for a site on a host, live or requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The vendor that issued the key.
    pub vendor: String,
    /// The vendor's sitekey.
    pub key: String,
    /// The host that it is for.
    pub host: String,
    /// SHA-256 of the vendor's secret.
    pub secret_hash: String,
    /// Proves control of the host once the host publishes it.
    pub token: String,
    pub asked_at: OffsetDateTime,
    /// Since when it is live; `None` while it is only requested.
    pub live_at: Option<OffsetDateTime>,
}

impl Import {
    /// The name under which the edge looks it up.
    pub fn name(&self) -> String {
        import_name(&self.key, &self.host)
    }
}

/// The imports of a site, oldest first.
pub async fn of_site(
    executor: impl PgExecutor<'_>,
    sitekey: &str,
) -> Result<Vec<Import>, StoreError> {
    let imports = sqlx::query_as!(
        Import,
        "SELECT vendor, key, host, secret_hash, token, asked_at, live_at FROM site_imports
        WHERE sitekey = $1 ORDER BY asked_at, key, host",
        sitekey
    )
    .fetch_all(executor)
    .await?;
    Ok(imports)
}

/// Locks the filter and returns its version. Taken after the lock on a site, by
/// everything that activates or removes an import.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let version = sqlx::query_scalar!("SELECT version FROM import_publication FOR UPDATE")
        .fetch_one(connection)
        .await?;
    Ok(version.unsigned_abs())
}

/// Queues the changed filter; `version` is that of the lock.
pub(super) async fn queue(
    connection: &mut PgConnection,
    version: u64,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE import_publication SET
            version = $1, queued_at = $2, next_try_at = $2, attempts = 0, last_error = NULL",
        bigint(now.0.max(version + 1)),
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues the filter again, if there ever was one.
pub async fn queue_again(pool: &PgPool, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE import_publication SET
            queued_at = LEAST(queued_at, $1), next_try_at = $1, attempts = 0
        WHERE version > 1 AND (next_try_at IS NULL OR next_try_at > $1)",
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A filter to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFilter {
    /// The version that the edge should have.
    pub version: u64,
    /// The name of each import and its secret's hash.
    pub imports: Vec<(String, String)>,
    /// Failed attempts at this version.
    pub attempts: u32,
}

/// Leases the filter if it is due.
pub async fn lease(pool: &PgPool, now: UnixMillis) -> Result<Option<DueFilter>, StoreError> {
    let now = to_timestamp(now);
    let row = sqlx::query!(
        "UPDATE import_publication SET leased_until = $2
        WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
        RETURNING version, attempts",
        now,
        now + LEASE
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // Read after the version, so this contains all of that version, and perhaps
    // more.
    let imports =
        sqlx::query!("SELECT key, host, secret_hash FROM site_imports WHERE live_at IS NOT NULL")
            .fetch_all(pool)
            .await?;
    let imports =
        imports.into_iter().map(|row| (import_name(&row.key, &row.host), row.secret_hash));
    let (version, attempts) = (row.version.unsigned_abs(), row.attempts.unsigned_abs());
    Ok(Some(DueFilter { version, imports: imports.collect(), attempts }))
}

/// When the filter is next due, whether leased or not.
pub async fn next_try(pool: &PgPool) -> Result<Option<UnixMillis>, StoreError> {
    let at = sqlx::query_scalar!(
        r#"SELECT GREATEST(next_try_at, leased_until) AS "at!" FROM import_publication
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_optional(pool)
    .await?;
    Ok(at.map(from_timestamp))
}

/// Records that the edge has this version. A newer one queued in the meantime
/// stays due.
pub async fn delivered(pool: &PgPool, version: u64, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE import_publication SET
            published_version = $1, published_at = $2, leased_until = NULL,
            next_try_at = CASE WHEN version = $1 THEN NULL ELSE next_try_at END,
            attempts = CASE WHEN version = $1 THEN 0 ELSE attempts END,
            last_error = CASE WHEN version = $1 THEN NULL ELSE last_error END",
        bigint(version),
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Records that the edge did not accept it, and when to retry.
pub async fn failed(
    pool: &PgPool,
    version: u64,
    error: &str,
    next_try_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE import_publication SET
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

/// The edge has a newer filter than this database, which was restored from a
/// backup: raises the version above any that a clock has given so far.
pub async fn overtake(pool: &PgPool, version: u64, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE import_publication SET
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

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
