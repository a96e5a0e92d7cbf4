//! How often something was tried.

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use munjigi_captcha::UnixMillis;
use sqlx::PgPool;

use super::link::{Away, Redis};
use crate::accounts::Limit;
use crate::store::StoreError;
use crate::store::limits::{self, Taken};

/// The generic cell rate algorithm, as `store::limits` has it. Answers when
/// the count is clear where it refuses, and nothing where it takes.
const TAKE: &str = "
local now, interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clear = tonumber(redis.call('GET', KEYS[1]) or '0')
if clear > now + tolerance then return clear end
local next = math.max(clear, now) + interval
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', next - now))
return false";

/// Counts tries.
#[async_trait]
pub trait Limits: std::fmt::Debug + Send + Sync {
    /// Takes one from what a limit allows somebody. A thousand at once are
    /// counted each.
    async fn take(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Taken, StoreError>;

    /// Forgets what was counted of somebody, who has shown to be who they are.
    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError>;
}

/// Counts in Postgres.
#[derive(Debug, Clone)]
pub struct Stored(pub PgPool);

#[async_trait]
impl Limits for Stored {
    async fn take(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Taken, StoreError> {
        limits::take(&self.0, limit, whom, now).await
    }

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError> {
        limits::forget(&self.0, limit, whom).await
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
    async fn take(&self, limit: &Limit, whom: &str, now: UnixMillis) -> Result<Taken, StoreError> {
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE).arg(1).arg(name(limit, whom)).arg(now.0);
        command.arg(limit.interval_millis).arg(limit.tolerance_millis());
        match self.redis.ask::<Option<u64>>(&command).await {
            Ok(None) => Ok(Taken::Yes),
            Ok(Some(clear)) => Ok(limits::wait(limit, UnixMillis(clear), now)),
            Err(Away) => {
                metrics::counter!("munjigi_cache_fallbacks_total", "use" => "limits").increment(1);
                self.stored.take(limit, whom, now).await
            }
        }
    }

    async fn forget(&self, limit: &Limit, whom: &str) -> Result<(), StoreError> {
        // Both: it may have been counted there while Redis was away.
        let _ = self.redis.ask::<i64>(redis::cmd("DEL").arg(name(limit, whom))).await;
        self.stored.forget(limit, whom).await
    }
}

fn name(limit: &Limit, whom: &str) -> String {
    format!("munjigi:limit:{}", BASE64URL_NOPAD.encode(&limit.key(whom)))
}
