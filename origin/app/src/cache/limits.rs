//! Rate limits.

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use munjigi_domain::accounts::{Limit, LimitKey};
use munjigi_keys::UnixMillis;
use munjigi_store::DatabaseError;
use munjigi_store::limits::{self, Taken, Told};
use sqlx::PgPool;

use super::link::{Away, Redis};

/// The generic cell rate algorithm, as in `munjigi_store::limits`. Returns whether the
/// attempt is allowed (1 or 0), and when the count is back at zero.
const TAKE: &str = "
local now, interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clear = tonumber(redis.call('GET', KEYS[1]) or '0')
if clear > now + tolerance then return {0, string.format('%.0f', clear)} end
local next = math.max(clear, now) + interval
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', next - now))
return {1, string.format('%.0f', next)}";

/// Counts attempts.
#[async_trait]
pub trait Limits: std::fmt::Debug + Send + Sync {
    /// Takes one attempt from `whom`'s limit and says what is left. A thousand
    /// concurrent calls are each counted.
    async fn tell(&self, limit: &Limit, whom: &str, now: UnixMillis)
    -> Result<Told, DatabaseError>;

    /// The same, without what is left.
    async fn take(
        &self,
        limit: &Limit,
        whom: &str,
        now: UnixMillis,
    ) -> Result<Taken, DatabaseError> {
        Ok(self.tell(limit, whom, now).await?.taken)
    }

    /// Resets the count of a user who has proved who they are.
    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), DatabaseError>;
}

/// Counts in Postgres.
#[derive(Debug, Clone)]
pub struct Stored {
    pub pool: PgPool,
    /// Hashes `whom` for the name of a count.
    pub key: LimitKey,
}

#[async_trait]
impl Limits for Stored {
    async fn tell(
        &self,
        limit: &Limit,
        whom: &str,
        now: UnixMillis,
    ) -> Result<Told, DatabaseError> {
        limits::take(&self.pool, limit, &limit.count_of(whom, &self.key), now).await
    }

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), DatabaseError> {
        limits::forget(&self.pool, &limit.count_of(whom, &self.key)).await
    }
}

/// Counts in Redis, and in Postgres while Redis is unreachable: a user who is
/// at their limit then gets one more burst, and no one gets more.
#[derive(Debug)]
pub struct Counted {
    pub redis: Redis,
    /// Used while Redis is unreachable.
    pub stored: Stored,
}

#[async_trait]
impl Limits for Counted {
    async fn tell(
        &self,
        limit: &Limit,
        whom: &str,
        now: UnixMillis,
    ) -> Result<Told, DatabaseError> {
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE).arg(1).arg(self.name(limit, whom)).arg(now.0);
        command.arg(limit.interval_millis).arg(limit.tolerance_millis());
        match self.redis.ask::<(u8, u64)>(&command).await {
            Ok((1, clear)) => Ok(limits::taken(limit, UnixMillis(clear), now)),
            Ok((_, clear)) => Ok(limits::refused(limit, UnixMillis(clear), now)),
            Err(Away) => {
                metrics::counter!("munjigi_cache_fallbacks_total", "use" => "limits").increment(1);
                self.stored.tell(limit, whom, now).await
            }
        }
    }

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), DatabaseError> {
        // Both, because Postgres may have counted while Redis was unreachable.
        let _ = self.redis.ask::<i64>(redis::cmd("DEL").arg(self.name(limit, whom))).await;
        self.stored.forget(limit, whom).await
    }
}

impl Counted {
    fn name(&self, limit: &Limit, whom: &str) -> String {
        let count = limit.count_of(whom, &self.stored.key);
        format!("munjigi:limit:{}", BASE64URL_NOPAD.encode(&count))
    }
}
