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
    let clear = clear.map_or(now, from_timestamp);
    let free = clear.0.saturating_sub(limit.tolerance_millis());
    let seconds = free.saturating_sub(now.0).div_ceil(1_000).max(1);
    Ok(Taken::Wait { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) })
}

/// Forgets what was counted of somebody, who has shown to be who they are.
pub async fn forget(pool: &PgPool, limit: &Limit, whom: &str) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM limits WHERE key = $1", &limit.key(whom)).execute(pool).await?;
    Ok(())
}

fn millis(millis: u64) -> Duration {
    Duration::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { name: "test", burst: 3, interval_millis: 10_000 };
    const NOON: UnixMillis = UnixMillis(1_795_176_030_000);

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis(NOON.0 + seconds * 1_000)
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_burst_passes_and_then_one_in_each_interval(pool: PgPool) {
        for _ in 0..3 {
            assert_eq!(take(&pool, &LIMIT, "a", at(0)).await.unwrap(), Taken::Yes);
        }
        assert_eq!(take(&pool, &LIMIT, "a", at(0)).await.unwrap(), Taken::Wait { seconds: 10 });
        assert_eq!(take(&pool, &LIMIT, "a", at(4)).await.unwrap(), Taken::Wait { seconds: 6 });
        assert_eq!(take(&pool, &LIMIT, "b", at(4)).await.unwrap(), Taken::Yes);
        assert_eq!(take(&pool, &LIMIT, "a", at(10)).await.unwrap(), Taken::Yes);
        assert_eq!(take(&pool, &LIMIT, "a", at(10)).await.unwrap(), Taken::Wait { seconds: 10 });
        // Having rested, the whole burst is there again and no more.
        for _ in 0..3 {
            assert_eq!(take(&pool, &LIMIT, "a", at(1_000)).await.unwrap(), Taken::Yes);
        }
        assert_ne!(take(&pool, &LIMIT, "a", at(1_000)).await.unwrap(), Taken::Yes);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn many_at_once_are_counted_each(pool: PgPool) {
        let tries = (0..50).map(|_| take(&pool, &LIMIT, "a", at(0)));
        let taken = futures_util::future::join_all(tries).await;
        let passed = taken.iter().filter(|taken| matches!(taken, Ok(Taken::Yes))).count();
        assert_eq!(passed, 3);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn who_has_shown_to_be_who_they_are_begins_anew(pool: PgPool) {
        for _ in 0..4 {
            take(&pool, &LIMIT, "a", at(0)).await.unwrap();
        }
        forget(&pool, &LIMIT, "a").await.unwrap();
        assert_eq!(take(&pool, &LIMIT, "a", at(0)).await.unwrap(), Taken::Yes);
    }
}
