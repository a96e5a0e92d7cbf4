//! Rate limits and caps on attempts.

use munjigi_domain::accounts::Limit;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::PgPool;
use time::Duration;

use super::DatabaseError;

/// Whether an attempt is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Allowed, and counted.
    Yes,
    /// Not allowed yet; nothing is counted.
    Wait {
        /// Seconds to wait, at least one.
        seconds: u32,
    },
}

/// What a limit still allows, for clients that want to pace themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whether this attempt is allowed.
    pub taken: Taken,
    /// How many more are allowed immediately.
    pub left: u32,
    /// Seconds until the full burst is available again.
    pub whole_in_seconds: u32,
}

/// Counts one attempt against the limit of a key. One statement decides, so
/// each of a thousand concurrent attempts is counted.
pub async fn take(
    pool: &PgPool,
    limit: &Limit,
    count: &[u8; 32],
    now: UnixMillis,
) -> Result<Told, DatabaseError> {
    let at = to_timestamp(now);
    let latest = at + millis(limit.tolerance_millis());
    let next = at + millis(limit.interval_millis);
    let clear = sqlx::query_scalar!(
        "INSERT INTO limits (key, clear_at) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE
            SET clear_at = GREATEST(limits.clear_at, $3) + ($2::timestamptz - $3::timestamptz)
            WHERE limits.clear_at <= $4
        RETURNING clear_at",
        count,
        next,
        at,
        latest
    )
    .fetch_optional(pool)
    .await?;
    if let Some(clear) = clear {
        return Ok(taken(limit, from_timestamp(clear), now));
    }
    let clear = sqlx::query_scalar!("SELECT clear_at FROM limits WHERE key = $1", count)
        .fetch_optional(pool)
        .await?;
    Ok(refused(limit, clear.map_or(now, from_timestamp), now))
}

/// One was allowed; `clear` is when everything counted has drained.
pub fn taken(limit: &Limit, clear: UnixMillis, now: UnixMillis) -> Told {
    told(limit, Taken::Yes, clear, now)
}

/// None was allowed, because everything counted drains so late.
pub fn refused(limit: &Limit, clear: UnixMillis, now: UnixMillis) -> Told {
    let free = clear.0.saturating_sub(limit.tolerance_millis());
    let wait = Taken::Wait { seconds: seconds(free.saturating_sub(now.0)).max(1) };
    told(limit, wait, clear, now)
}

fn told(limit: &Limit, taken: Taken, clear: UnixMillis, now: UnixMillis) -> Told {
    let ahead = clear.0.saturating_sub(now.0);
    let burst = limit.interval_millis.saturating_mul(u64::from(limit.burst));
    let left = burst.saturating_sub(ahead) / limit.interval_millis.max(1);
    Told { taken, left: u32::try_from(left).unwrap_or(u32::MAX), whole_in_seconds: seconds(ahead) }
}

fn seconds(millis: u64) -> u32 {
    u32::try_from(millis.div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// Clears the count of someone who has proved their identity.
pub async fn forget(pool: &PgPool, count: &[u8; 32]) -> Result<(), DatabaseError> {
    sqlx::query!("DELETE FROM limits WHERE key = $1", count).execute(pool).await?;
    Ok(())
}

fn millis(millis: u64) -> Duration {
    Duration::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX))
}
