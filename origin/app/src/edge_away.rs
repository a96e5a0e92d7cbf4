//! Whether the edge was unreachable a moment ago, so that forms go without the
//! widget.

use std::sync::atomic::{AtomicU64, Ordering};

use munjigi_keys::UnixMillis;

/// How long pages say that the edge was unreachable.
const REMEMBERED_MILLIS: u64 = 60_000;

/// When the edge was last found unreachable.
#[derive(Debug, Default)]
pub struct EdgeAway(AtomicU64);

impl EdgeAway {
    pub fn note(&self, now: UnixMillis) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    pub fn is(&self, now: UnixMillis) -> bool {
        let noted = self.0.load(Ordering::Relaxed);
        noted > 0 && now.0.saturating_sub(noted) < REMEMBERED_MILLIS
    }
}
