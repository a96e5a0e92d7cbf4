//! Copies of rows that were read a moment ago. A copy never outlives a change
//! of its row: a change leaves a mark in the copy's place, and a reader that
//! read the row before the change cannot replace the mark with its copy,
//! because the mark outlasts every reader.
//!
//! Copies are sealed. An attacker with write access to Redis cannot forge one,
//! and a replayed one is refused because of its age.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use munjigi_domain::accounts::Vault;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Deadline;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::link::{Away, Redis};

/// How long a mark stays: longer than a request and a statement can take, so
/// that every reader of the old row has finished.
const MARK: Duration = Duration::from_secs(90);

/// Removes a copy, but keeps a mark.
const DROP: &str = "if redis.call('GET', KEYS[1]) ~= '' then redis.call('DEL', KEYS[1]) end";

/// Copies of one kind of row.
#[derive(Debug)]
pub struct Recent {
    pub redis: Redis,
    pub vault: Vault,
    /// Randomness for the seals.
    pub entropy: Entropy,
    /// Name of the kind, such as `session`.
    pub kind: &'static str,
    /// Maximum age of a copy.
    pub lifetime: Duration,
    /// Until when this process ignores copies.
    pub blind: Blind,
}

/// If a mark could not be written, this process trusts no copy until all that
/// could exist have expired.
#[derive(Debug, Default)]
pub struct Blind(Mutex<Option<Deadline>>);

/// A change is in effect here, but copies elsewhere may live a little longer,
/// because Redis was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis could not be updated: copies of the row expire within seconds")]
pub struct Lingering;

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    at: u64,
    row: T,
}

impl Recent {
    /// A copy that can be trusted.
    pub async fn get<T: DeserializeOwned>(&self, key: &str, now: UnixMillis) -> Option<T> {
        let found = self.find(key, now).await;
        let result = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("munjigi_cache_lookups_total", "kind" => self.kind, "result" => result)
            .increment(1);
        found
    }

    async fn find<T: DeserializeOwned>(&self, key: &str, now: UnixMillis) -> Option<T> {
        if self.blind.is_so() {
            return None;
        }
        let name = self.name(key);
        let sealed: Option<Vec<u8>> = self.redis.ask(redis::cmd("GET").arg(&name)).await.ok()?;
        // A mark is empty, and cannot be opened any more than a forged copy.
        let opened = self.vault.open(&name, &sealed?).ok()?;
        let copy: Kept<T> = serde_json::from_slice(&opened).ok()?;
        let age = u128::from(now.0.abs_diff(copy.at));
        (age < self.lifetime.as_millis()).then_some(copy.row)
    }

    /// Stores a copy of a row that was just read, unless the row has changed
    /// since.
    pub async fn put<T: Serialize>(&self, key: &str, row: &T, now: UnixMillis) {
        if self.blind.is_so() {
            return;
        }
        let Ok(plain) = serde_json::to_vec(&Kept { at: now.0, row }) else { return };
        let name = self.name(key);
        let sealed = self.vault.close(&name, &plain, &self.entropy);
        let mut command = redis::cmd("SET");
        command.arg(&name).arg(sealed).arg("NX").arg("PX").arg(millis(self.lifetime));
        // Without a copy, the next reader asks Postgres.
        let _ = self.redis.ask::<Option<String>>(&command).await;
    }

    /// Invalidates the copies of changed rows. Call it after the commit.
    pub async fn mark(&self, keys: impl Iterator<Item = String>) -> Result<(), Lingering> {
        let mut told = Ok(());
        for key in keys {
            let mut command = redis::cmd("SET");
            command.arg(self.name(&key)).arg("").arg("PX").arg(millis(MARK));
            if let Err(Away) = self.redis.ask::<String>(&command).await {
                self.blind.become_so(self.lifetime);
                told = Err(Lingering);
            }
        }
        told
    }

    /// Removes a copy that is only out of date.
    pub async fn drop_copy(&self, key: &str) {
        let mut command = redis::cmd("EVAL");
        command.arg(DROP).arg(1).arg(self.name(key));
        let _ = self.redis.ask::<Option<i64>>(&command).await;
    }

    fn name(&self, key: &str) -> String {
        format!("munjigi:{}:{key}", self.kind)
    }
}

impl Blind {
    fn is_so(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| !until.is_past())
    }

    fn become_so(&self, lifetime: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Deadline::after(lifetime));
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
