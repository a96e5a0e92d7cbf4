//! Memory for bodies: unsigned callers also send bodies before they are known
//! to be unsigned, and all bodies together may use only so much.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Code, Refused};

/// Largest sum of the bodies' caps, in KiB.
const MOST_KIB: usize = 256 * 1024;

#[derive(Debug)]
pub struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_KIB)))
    }
}

impl Bodies {
    /// Reserves memory for a body of at most this many bytes, or fails at once.
    pub fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.0).try_acquire_many_owned(kib);
        room.map_err(|_| Refused::later(Code::QueueFull, "too many bodies are being read", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_memory() {
        let bodies = Bodies::default();
        let whole = bodies.room(MOST_KIB * 1024).unwrap();
        assert_eq!(bodies.room(1).unwrap_err().code, Code::QueueFull);
        drop(whole);
        assert!(bodies.room(1).is_ok());
    }
}
