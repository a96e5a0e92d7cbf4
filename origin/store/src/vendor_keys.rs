//! Imported keys of other vendors, and the filter that represents them at the
//! edge: one key in `deliveries`, whose content is read when it is delivered.
//! Requesting, activating and removing one are changes of a site:
//! `sites::import`.

use munjigi_captcha::import_name;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;
use super::deliveries::{self, Topic, Wanted};

/// The only key of the topic.
const FILTER: &str = "filter";

/// A vendor's sitekey that stands for a site on a host, live or requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The vendor that issued the key.
    pub vendor: String,
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
) -> Result<Vec<Import>, DatabaseError> {
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

/// Locks the filter and returns its version; 1 before the first import. Taken
/// after the lock on a site, by everything that activates or removes an import.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<u64, DatabaseError> {
    sqlx::query!("SELECT FROM import_publication FOR UPDATE").execute(&mut *connection).await?;
    let wanted = deliveries::wanted(connection, Topic::VendorKeys, FILTER).await?;
    Ok(wanted.map_or(1, |(version, _)| version))
}

/// Queues the changed filter; `version` is that of the lock.
pub(super) async fn queue(
    connection: &mut PgConnection,
    version: u64,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    // Never below the clock, so that a database from a backup overtakes the
    // edge.
    let version = now.0.max(version + 1);
    let wanted = Wanted { topic: Topic::VendorKeys, key: FILTER, version, payload: None };
    deliveries::queue(connection, wanted, now).await
}

/// The live imports: the name of each and its secret's hash. Read after a
/// version is leased, they contain all of that version, and perhaps more.
pub async fn live(pool: &PgPool) -> Result<Vec<(String, String)>, DatabaseError> {
    let imports =
        sqlx::query!("SELECT key, host, secret_hash FROM site_imports WHERE live_at IS NOT NULL")
            .fetch_all(pool)
            .await?;
    let imports =
        imports.into_iter().map(|row| (import_name(&row.key, &row.host), row.secret_hash));
    Ok(imports.collect())
}

/// Records that the edge has this version of the filter.
pub async fn delivered(
    connection: &mut PgConnection,
    version: u64,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE import_publication SET published_version = $1, published_at = $2",
        i64::try_from(version).unwrap_or(i64::MAX),
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}
