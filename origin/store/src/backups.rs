//! When the database was backed up.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::PgPool;

use super::DatabaseError;

/// Notes of older ones are of no use.
const KEPT_MS: u64 = 400 * 86_400_000;

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub taken_at: UnixMillis,
    /// A file, or an object of a bucket.
    pub place: String,
    pub rows: u64,
    pub bytes: u64,
}

/// Notes a backup, and forgets those of more than 400 days ago.
pub async fn note(pool: &PgPool, backup: &Backup) -> Result<(), DatabaseError> {
    sqlx::query!(
        "WITH old AS (DELETE FROM backups WHERE taken_at < $5)
        INSERT INTO backups (taken_at, place, rows, bytes) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING",
        to_timestamp(backup.taken_at),
        backup.place,
        backup.rows.cast_signed(),
        backup.bytes.cast_signed(),
        to_timestamp(UnixMillis(backup.taken_at.0.saturating_sub(KEPT_MS)))
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// When the last one was taken.
pub async fn last(pool: &PgPool) -> Result<Option<UnixMillis>, DatabaseError> {
    let last = sqlx::query_scalar!("SELECT max(taken_at) FROM backups").fetch_one(pool).await?;
    Ok(last.map(from_timestamp))
}
