//! Sites at the edge: what it should have is queued in `deliveries`, what it is
//! known to have is recorded here. Calling the edge is in `publish`.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use sqlx::{PgConnection, PgPool};

use super::DatabaseError;
use super::deliveries::{self, Topic, Wanted};

/// Queues a version; `None` removes the site from the edge.
pub async fn queue(
    connection: &mut PgConnection,
    sitekey: &str,
    version: u64,
    config: Option<&SiteConfig>,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let payload = config
        .map(serde_json::to_value)
        .transpose()
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "INSERT INTO site_publications (sitekey) VALUES ($1) ON CONFLICT DO NOTHING",
        sitekey
    )
    .execute(&mut *connection)
    .await?;
    let wanted = Wanted { topic: Topic::Sites, key: sitekey, version, payload };
    deliveries::queue(connection, wanted, now).await
}

/// Records that the edge has this version.
pub async fn delivered(
    connection: &mut PgConnection,
    sitekey: &str,
    version: u64,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE site_publications SET
            published_version = $2, published_at = $3, verified_at = $3
        WHERE sitekey = $1",
        sitekey,
        bigint(version),
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Raises a site's version, unless it has changed in the meantime.
pub async fn raised(
    connection: &mut PgConnection,
    sitekey: &str,
    from: u64,
    to: u64,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE sites SET version = $3 WHERE sitekey = $1 AND version = $2",
        sitekey,
        bigint(from),
        bigint(to)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Published sites, those checked longest ago first. Sites published just now
/// may not have reached every location and are left out.
pub async fn to_verify(
    pool: &PgPool,
    now: UnixMillis,
    most: i64,
) -> Result<Vec<String>, DatabaseError> {
    let sitekeys = sqlx::query_scalar!(
        "SELECT sitekey FROM site_publications
        JOIN deliveries ON topic = 'sites' AND key = sitekey
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
pub async fn verified(pool: &PgPool, sitekey: &str, now: UnixMillis) -> Result<(), DatabaseError> {
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
