//! What moves on one connection: requests in progress and bytes that its client
//! takes. When a connection is idle is decided here; how it ends is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How many times within the time after which a connection is idle it is looked
/// at.
const LOOKS: u32 = 6;
/// A client that takes an answer takes more than this before it is idle, even a
/// slow phone. Pings and what ends streams are far less.
const MOVES: u64 = 8_192;

/// Whether requests come on a connection, and whether its client takes what it
/// asked for.
#[derive(Debug, Default)]
pub struct Traffic {
    in_progress: AtomicUsize,
    begun: AtomicU64,
    written: Arc<AtomicU64>,
}

#[derive(Debug)]
pub struct InProgress(Arc<Traffic>);

impl Traffic {
    pub fn begin(self: &Arc<Self>) -> InProgress {
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        InProgress(Arc::clone(self))
    }

    /// Bytes that were written.
    pub fn written(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.written)
    }

    /// Whether there was a request.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > 0
    }

    /// Whether a request is in progress.
    pub fn is_busy(&self) -> bool {
        self.in_progress.load(Ordering::Relaxed) > 0
    }

    /// Returns after this time without a first request, which may come later.
    pub async fn lacks_a_request_for(&self, time: Duration) {
        tokio::time::sleep(time).await;
        if self.has_begun() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns once for at least this long no request came, none was in progress
    /// and no answer was taken. An answer that no one takes keeps no connection.
    pub async fn ceases_for(&self, idle: Duration) {
        let (mut begun, mut written, mut quiet) = (0, 0, 0);
        while quiet < LOOKS {
            tokio::time::sleep(idle / LOOKS).await;
            let now = (self.begun.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed));
            if self.is_busy() || now.0 != begun || now.1.wrapping_sub(written) > MOVES {
                ((begun, written), quiet) = (now, 0);
            } else {
                quiet += 1;
            }
        }
    }

    /// How much was written so far.
    pub fn bytes(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Whether a client still takes an answer: since so much was written, it took
    /// more than pings.
    pub fn has_moved_since(&self, bytes: u64) -> bool {
        self.bytes().wrapping_sub(bytes) > MOVES
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_once_nothing_was_asked_or_taken_for_a_while() {
        let traffic = Arc::new(Traffic::default());
        let ceases = tokio::spawn({
            let traffic = Arc::clone(&traffic);
            async move { traffic.ceases_for(IDLE).await }
        });
        for _ in 0..3 {
            drop(traffic.begin());
            tokio::time::sleep(Duration::from_secs(29)).await;
            assert!(!ceases.is_finished());
        }
        // A long one counts for as long as it takes, and so does a long answer.
        let long = traffic.begin();
        tokio::time::sleep(IDLE * 5).await;
        assert!(!ceases.is_finished());
        drop(long);
        for _ in 0..10 {
            traffic.written().fetch_add(40_000, Ordering::Relaxed);
            tokio::time::sleep(IDLE * 2 / 3).await;
            assert!(!ceases.is_finished());
        }
        // Pings do not.
        for _ in 0..4 {
            traffic.written().fetch_add(100, Ordering::Relaxed);
            tokio::time::sleep(IDLE / 2).await;
        }
        assert!(ceases.is_finished());
    }
}
