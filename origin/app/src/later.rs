//! Work that responses do not wait for, because the time it takes would reveal
//! what the page does not: whether an address has an account.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most tasks at once.
const MOST: u32 = 256;

#[derive(Debug)]
pub struct Later(Arc<Semaphore>);

impl Default for Later {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl Later {
    /// Room for one more task; `None` at the limit.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }

    /// Waits until every task is done.
    pub async fn settled(&self) {
        // Nothing closes the semaphore.
        let _ = self.0.acquire_many(MOST).await;
    }
}
