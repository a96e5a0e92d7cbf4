//! How often something was tried.

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use munjigi_domain::accounts::{Limit, LimitKey};
use munjigi_keys::UnixMillis;
use munjigi_store::StoreError;
use munjigi_store::limits::{self, Taken, Told};
use sqlx::PgPool;

use super::link::{Away, Redis};

/// The generic cell rate algorithm, as `store::limits` has it. Answers
/// whether it takes one (1 or 0), and when the count is clear.
const TAKE: &str = "
local now, interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clear = tonumber(redis.call('GET', KEYS[1]) or '0')
if clear > now + tolerance then return {0, string.format('%.0f', clear)} end
local next = math.max(clear, now) + interval
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', next - now))
return {1, string.format('%.0f', next)}";

/// Counts tries.
#[async_trait]
pub trait Limits: std::fmt::Debug + Send + Sync {
    /// Takes one from what a limit allows somebody, and tells what is left. A
    /// thousand at once are counted each.
    async fn tell(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Told, StoreError>;

    /// The same, for whoever need not know what is left.
    async fn take(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Taken, StoreError> {
        Ok(self.tell(limit, whom, now).await?.taken)
    }

    /// Forgets what was counted of somebody, who has shown to be who they are.
    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError>;
}

/// Counts in Postgres.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Counts.
    pub pool: PgPool,
    /// Names the counts.
    pub key: LimitKey,
}

#[async_trait]
impl Limits for Stored {
    async fn tell(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Told, StoreError> {
        limits::take(&self.pool, limit, &limit.count_of(whom, &self.key), now).await
    }

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError> {
        limits::forget(&self.pool, &limit.count_of(whom, &self.key)).await
    }
}

/// Counts in Redis, and in Postgres while that is away: whoever is at their
/// limit then gets one more burst, and nobody gets more.
#[derive(Debug)]
pub struct Counted {
    /// Counts.
    pub redis: Redis,
    /// Counts meanwhile.
    pub stored: Stored,
}

#[async_trait]
impl Limits for Counted {
    async fn tell(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Told, StoreError> {
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

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError> {
        // Both: it may have been counted there while Redis was away.
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
