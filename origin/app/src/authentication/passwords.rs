//! Passwords are slow on purpose. They are hashed on threads of their own, a
//! few at a time, so that a flood of log-ins takes neither memory nor cores
//! from everything else.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use munjigi_domain::accounts::Password;
use tokio::sync::Semaphore;

use super::Denied;

/// Hashes that can wait besides those in progress, per core.
const WAITING_PER_CORE: usize = 16;

#[derive(Debug)]
pub struct Passwords {
    hashed: AtomicU64,
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let waiting = cores * (1 + WAITING_PER_CORE);
        Self {
            hashed: AtomicU64::new(0),
            working: Arc::new(Semaphore::new(cores)),
            waiting: Arc::new(Semaphore::new(waiting)),
        }
    }
}

impl Passwords {
    /// Whether a password matches the stored hash. As slow if there is none,
    /// and immediate if the password is longer than any can be.
    pub async fn is(&self, password: Password, kept: Option<String>) -> Result<bool, Denied> {
        if password.is_too_long() {
            return Ok(false);
        }
        self.work(move || {
            if let Some(kept) = kept {
                return password.is(&kept);
            }
            password.take_as_long();
            false
        })
        .await
    }

    /// The hash to store for a password.
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<String, Denied> {
        self.work(move || password.hash(&salt)).await
    }

    /// Number of passwords hashed so far.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Denied> {
        let _place = self.waiting.try_acquire().map_err(|_| Denied::TooOften { seconds: 1 })?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("munjigi_console_password_hashes_total").increment(1);
        let turn = Arc::clone(&self.working).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "hashing a password panicked");
            Denied::NotHashed
        })
    }
}
