//! Work that one origin does at a time. Postgres grants the locks and their
//! fencing tokens; Redis turns away latecomers.

use std::time::Duration;

use async_trait::async_trait;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_store::DatabaseError;
use munjigi_store::locks::{self, Lease};
use sqlx::PgPool;

use super::link::Redis;

/// First pause before a retry; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Stores when a lock ends, unless it is held now; returns 0 then.
const TAKE: &str = "
local now = tonumber(ARGV[1])
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if held > now then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";

/// Grants locks that expire.
#[async_trait]
pub trait Locks: std::fmt::Debug + Send + Sync {
    /// Takes a lock that is free; `None` while another holds it.
    async fn take(
        &self,
        name: &str,
        lifetime: Duration,
        now: UnixMillis,
    ) -> Result<Option<Lease>, DatabaseError>;

    /// Releases a lock, unless another holds it by now.
    async fn give_back(&self, lease: &Lease, now: UnixMillis) -> Result<(), DatabaseError>;
}

/// Takes a lock, and retries with growing pauses until `patience` has passed.
pub async fn take_within(
    locks: &dyn Locks,
    name: &str,
    lifetime: Duration,
    patience: Duration,
    clock: &Clock,
) -> Result<Option<Lease>, DatabaseError> {
    let (mut pause, mut waited) = (FIRST_PAUSE, Duration::ZERO);
    loop {
        let lease = locks.take(name, lifetime, clock.now()).await?;
        if lease.is_some() || waited >= patience {
            return Ok(lease);
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Asks Postgres each time.
#[derive(Debug, Clone)]
pub struct Stored(pub PgPool);

#[async_trait]
impl Locks for Stored {
    async fn take(
        &self,
        name: &str,
        lifetime: Duration,
        now: UnixMillis,
    ) -> Result<Option<Lease>, DatabaseError> {
        locks::take(&self.0, name, lifetime, now).await
    }

    async fn give_back(&self, lease: &Lease, now: UnixMillis) -> Result<(), DatabaseError> {
        locks::give_back(&self.0, lease, now).await
    }
}

/// Asks Redis first.
#[derive(Debug)]
pub struct Guarded {
    /// Turns away latecomers.
    pub redis: Redis,
    /// Grants the locks.
    pub stored: Stored,
}

#[async_trait]
impl Locks for Guarded {
    async fn take(
        &self,
        name: &str,
        lifetime: Duration,
        now: UnixMillis,
    ) -> Result<Option<Lease>, DatabaseError> {
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE).arg(1).arg(key(name));
        command.arg(now.0).arg(now.0.saturating_add(millis)).arg(millis.max(1));
        // Without a response, Postgres decides alone; it also has the last word
        // otherwise.
        if self.redis.ask::<i64>(&command).await == Ok(0) {
            return Ok(None);
        }
        self.stored.take(name, lifetime, now).await
    }

    async fn give_back(&self, lease: &Lease, now: UnixMillis) -> Result<(), DatabaseError> {
        self.stored.give_back(lease, now).await?;
        // Redis may have the next holder's note by now, but that holder does
        // not need it.
        let _ = self.redis.ask::<i64>(redis::cmd("DEL").arg(key(&lease.name))).await;
        Ok(())
    }
}

fn key(name: &str) -> String {
    format!("munjigi:lock:{name}")
}
