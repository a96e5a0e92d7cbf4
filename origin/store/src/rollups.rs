//! Hourly roll-ups: marks the hours that received data, and lists those to
//! compute. Computing them is in `breakdowns`.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::DatabaseError;

/// The start of the hour that contains a time.
pub fn hour(at: OffsetDateTime) -> OffsetDateTime {
    let past_seconds = at.unix_timestamp().rem_euclid(3_600);
    at - Duration::seconds(past_seconds) - Duration::nanoseconds(i64::from(at.nanosecond()))
}

/// Marks hours as having received data. An hour that was marked within the last
/// minute is left alone: writing it would make every batch of that minute wait
/// for one row.
pub async fn mark(
    connection: &mut PgConnection,
    hours: &[OffsetDateTime],
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO rollup_hours (hour, marked_at)
        SELECT fresh.hour, $2::timestamptz FROM unnest($1::timestamptz[]) AS fresh (hour)
        WHERE NOT EXISTS (
            SELECT FROM rollup_hours marked
            WHERE marked.hour = fresh.hour AND marked.marked_at >= $2::timestamptz - interval '1 minute'
        )
        ORDER BY fresh.hour
        ON CONFLICT (hour) DO UPDATE
            SET marked_at = GREATEST(rollup_hours.marked_at, EXCLUDED.marked_at)",
        hours,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The hours to compute: never computed, or not since three minutes after their
/// last mark (a minute of skipped marks, one for transactions in progress, one
/// for clock skew).
pub async fn due(pool: &PgPool) -> Result<Vec<OffsetDateTime>, DatabaseError> {
    let hours = sqlx::query_scalar!(
        "SELECT hour FROM rollup_hours
        WHERE rolled_at IS NULL OR rolled_at < marked_at + interval '3 minutes'
        ORDER BY hour LIMIT 1000"
    )
    .fetch_all(pool)
    .await?;
    Ok(hours)
}

/// Records that an hour's computation began at `began` and is committed. Not in
/// the same transaction: intake would wait for the row in the meantime.
pub async fn rolled(
    pool: &PgPool,
    hour: OffsetDateTime,
    began: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE rollup_hours SET rolled_at = $2 WHERE hour = $1",
        hour,
        to_timestamp(began)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Held while an hour is computed or dropped: one at a time across all origins.
pub async fn lock(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('munjigi_rollups'))")
        .execute(connection)
        .await?;
    Ok(())
}
