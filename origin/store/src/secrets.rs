//! Secrets of sites, by their hashes.

use munjigi_captcha::SecretHash;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;

/// A stored secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSecret {
    /// SHA-256 of its text.
    pub hash: String,
    /// One of the site's two slots.
    pub slot: i16,
    pub created_at: OffsetDateTime,
}

/// The live secrets of a site, oldest first.
pub async fn live(
    connection: &mut PgConnection,
    sitekey: &str,
) -> Result<Vec<LiveSecret>, DatabaseError> {
    let secrets = sqlx::query_as!(
        LiveSecret,
        "SELECT hash, slot, created_at FROM secrets
        WHERE sitekey = $1 AND revoked_at IS NULL ORDER BY created_at, slot",
        sitekey
    )
    .fetch_all(connection)
    .await?;
    Ok(secrets)
}

/// The same, outside a transaction.
pub async fn live_of(pool: &PgPool, sitekey: &str) -> Result<Vec<LiveSecret>, DatabaseError> {
    live(&mut *pool.acquire().await?, sitekey).await
}

/// The site that has or had a secret.
pub async fn site_of(pool: &PgPool, hash: &SecretHash) -> Result<Option<String>, DatabaseError> {
    let sitekey = sqlx::query_scalar!("SELECT sitekey FROM secrets WHERE hash = $1", hash.as_str())
        .fetch_optional(pool)
        .await?;
    Ok(sitekey)
}

/// Adds a secret in a free slot. The table refuses a slot that is taken.
pub async fn insert(
    connection: &mut PgConnection,
    sitekey: &str,
    hash: &SecretHash,
    slot: i16,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO secrets (hash, sitekey, slot, created_at) VALUES ($1, $2, $3, $4)",
        hash.as_str(),
        sitekey,
        slot,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes one secret.
pub async fn revoke(
    connection: &mut PgConnection,
    hash: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let revoked = sqlx::query!(
        "UPDATE secrets SET revoked_at = GREATEST($2, created_at)
        WHERE hash = $1 AND revoked_at IS NULL",
        hash,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    if revoked.rows_affected() == 1 {
        return Ok(());
    }
    Err(DatabaseError::Inconsistent {
        table: "secrets",
        column: "revoked_at",
        row: hash.to_owned(),
    })
}
