//! How much is taken on at once. What is too much is refused early, while a
//! refusal is cheap, and says when to come back.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Refused;

/// Bodies read at once: bounds the memory that unsigned callers can hold.
const READING: usize = 256;
/// How long a signed call waits for its turn at Postgres.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections left to jobs, publishing and the health checks.
const RESERVED: u32 = 3;

/// The turnstile.
#[derive(Debug)]
pub struct Admission {
    reading: Semaphore,
    writing: Semaphore,
}

impl Admission {
    /// For a pool of this size.
    pub fn new(connections: u32) -> Self {
        let writing = connections.saturating_sub(RESERVED).max(1);
        Self {
            reading: Semaphore::new(READING),
            writing: Semaphore::new(usize::try_from(writing).unwrap_or(1)),
        }
    }

    /// A place for reading a body, at once or not at all.
    pub fn reading(&self) -> Result<SemaphorePermit<'_>, Refused> {
        self.reading.try_acquire().map_err(|_| Refused::busy())
    }

    /// A turn at Postgres, after a short wait.
    pub async fn writing(&self) -> Result<SemaphorePermit<'_>, Refused> {
        match tokio::time::timeout(PATIENCE, self.writing.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refused::busy()),
        }
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
        let refused = admission.writing().await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::RateLimited, Some(1)));
        drop(turn);
        assert!(admission.writing().await.is_ok());

        let places: Vec<_> = (0..READING).map(|_| admission.reading().unwrap()).collect();
        assert!(admission.reading().is_err());
        drop(places);
        assert!(admission.reading().is_ok());
    }
}
