//! Counts of what may only be tried so often.

use munjigi_captcha::UnixMillis;
use sqlx::PgPool;
use time::Duration;

use super::{StoreError, from_timestamp, to_timestamp};
use crate::accounts::Limit;

/// Whether something may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It may, and is counted.
    Yes,
    /// Not before this many seconds have passed; nothing is counted.
    Wait {
        /// At least one.
        seconds: u32,
    },
}

/// Takes one from what a limit allows somebody. One statement decides, so a
/// thousand at once are counted each.
pub async fn take(
    pool: &PgPool,
    limit: &Limit,
    whom: &str,
    now: UnixMillis,
) -> Result<Taken, StoreError> {
    let key = limit.key(whom);
    let at = to_timestamp(now);
    let latest = at + millis(limit.tolerance_millis());
    let next = at + millis(limit.interval_millis);
    let taken = sqlx::query!(
        "INSERT INTO limits (key, clear_at) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE
            SET clear_at = GREATEST(limits.clear_at, $3) + ($2::timestamptz - $3::timestamptz)
            WHERE limits.clear_at <= $4",
        &key,
        next,
        at,
        latest
    )
    .execute(pool)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Taken::Yes);
    }
    let clear = sqlx::query_scalar!("SELECT clear_at FROM limits WHERE key = $1", &key)
        .fetch_optional(pool)
        .await?;
    Ok(wait(limit, clear.map_or(now, from_timestamp), now))
}

/// How long to wait, by when everything taken so far will be worked off.
pub fn wait(limit: &Limit, clear: UnixMillis, now: UnixMillis) -> Taken {
    let free = clear.0.saturating_sub(limit.tolerance_millis());
    let seconds = free.saturating_sub(now.0).div_ceil(1_000).max(1);
    Taken::Wait { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

/// Forgets what was counted of somebody, who has shown to be who they are.
pub async fn forget(pool: &PgPool, limit: &Limit, whom: &str) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM limits WHERE key = $1", &limit.key(whom)).execute(pool).await?;
    Ok(())
}

fn millis(millis: u64) -> Duration {
    Duration::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX))
}
