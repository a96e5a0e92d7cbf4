//! The connection to Redis, or to another server with its protocol. Calls do
//! not wait long for it: one that is not answered at once has failed, and after
//! a failure the server is left alone for a moment.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use munjigi_process::clock::Deadline;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisError};

/// After that long, asking Postgres is better.
const PATIENCE: Duration = Duration::from_millis(250);
/// Pause after a failure.
const REST: Duration = Duration::from_secs(1);

/// A connection that reconnects by itself. Clones share it.
#[derive(Clone)]
pub struct Redis(Arc<Link>);

struct Link {
    manager: ConnectionManager,
    rest: Mutex<Option<Deadline>>,
    is_away: AtomicBool,
}

/// Redis did not respond. Callers continue without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis does not respond")]
pub struct Away;

impl Redis {
    /// Connects lazily. Must be called within a tokio runtime.
    pub fn new(client: Client) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let manager = ConnectionManager::new_lazy_with_config(client, config)?;
        let link = Link { manager, rest: Mutex::default(), is_away: AtomicBool::new(false) };
        Ok(Self(Arc::new(link)))
    }

    /// Sends a command, unless the last one failed a moment ago.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Away> {
        if self.0.rests() {
            return Err(Away);
        }
        let mut manager = self.0.manager.clone();
        let answer = tokio::time::timeout(PATIENCE, command.query_async(&mut manager)).await;
        match answer {
            Ok(Ok(answer)) => {
                self.0.answered();
                Ok(answer)
            }
            Ok(Err(error)) => Err(self.0.failed(&error)),
            Err(elapsed) => Err(self.0.failed(&elapsed)),
        }
    }

    pub async fn ping(&self) -> Result<(), Away> {
        self.ask::<String>(&redis::cmd("PING")).await.map(drop)
    }
}

impl Link {
    fn rests(&self) -> bool {
        let rest = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.is_some_and(|until| !until.is_past())
    }

    fn answered(&self) {
        if self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis responds again");
        }
    }

    /// Logs the first failure only, until Redis responds again.
    fn failed(&self, error: &dyn fmt::Display) -> Away {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Deadline::after(REST));
        metrics::counter!("munjigi_redis_failures_total").increment(1);
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "Redis does not respond; Postgres takes over until it is back");
        }
        Away
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis")
    }
}
