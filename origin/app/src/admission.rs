//! How many calls are accepted at once. The rest are refused early, while a
//! refusal is cheap, and told when to retry.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Refused;

/// Bodies of signed calls that are read at once: bounds the memory for them.
const READING: usize = 256;
/// How long a signed call waits for its turn at Postgres.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections reserved for jobs, publishing and health checks.
const RESERVED: u32 = 3;

/// Limits concurrent calls.
#[derive(Debug)]
pub struct Admission {
    reading: Semaphore,
    writing: Semaphore,
    waiting: AtomicUsize,
}

impl Admission {
    /// For a connection pool of this size.
    pub fn new(connections: u32) -> Self {
        let writing = connections.saturating_sub(RESERVED).max(1);
        Self {
            reading: Semaphore::new(READING),
            writing: Semaphore::new(usize::try_from(writing).unwrap_or(1)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A slot for reading a body, without waiting.
    pub fn reading(&self) -> Result<SemaphorePermit<'_>, Refused> {
        self.reading.try_acquire().map_err(|_| Refused::busy())
    }

    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A turn at Postgres, after a short wait.
    pub async fn writing(&self) -> Result<SemaphorePermit<'_>, Refused> {
        let _waiting = Waiting::among(&self.waiting);
        match tokio::time::timeout(PATIENCE, self.writing.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refused::busy()),
        }
    }
}

/// Counts one waiting call, also when it stops waiting because its caller has
/// disconnected.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::Code;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_finds_no_place_is_told_to_come_back() {
        let admission = Admission::new(4);
        let turn = admission.writing().await.unwrap();
        let (refused, waiting) = tokio::join!(admission.writing(), async { admission.waiting() });
        assert_eq!((waiting, admission.waiting()), (1, 0));
        let refused = refused.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::RateLimited, Some(1)));
        drop(turn);
        assert!(admission.writing().await.is_ok());

        let places: Vec<_> = (0..READING).map(|_| admission.reading().unwrap()).collect();
        assert!(admission.reading().is_err());
        drop(places);
        assert!(admission.reading().is_ok());
    }
}
