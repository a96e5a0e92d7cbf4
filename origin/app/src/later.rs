//! Work that responses do not wait for, because the time it takes would reveal
//! what the page does not: whether an address has an account.

use std::sync::Arc;

use munjigi_store::DatabaseError;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

/// Most tasks at once.
const MOST: u32 = 256;

#[derive(Debug)]
pub struct Later(Arc<Semaphore>);

#[derive(Debug)]
pub enum NotStarted {
    /// `MOST` tasks are in progress.
    Full,
    Store(DatabaseError),
}

impl Default for Later {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl Later {
    /// Starts a task if there is capacity and Postgres can be reached.
    pub async fn start<T: Send>(
        &self,
        pool: &PgPool,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<(), NotStarted> {
        let place = Arc::clone(&self.0).try_acquire_owned().map_err(|_| NotStarted::Full)?;
        // Otherwise users would wait for an email that cannot be written.
        pool.acquire().await.map_err(|error| NotStarted::Store(error.into()))?;
        // Errors are logged under the request's id; the user has had the response.
        let work = work.in_current_span();
        tokio::spawn(async move {
            let _ = work.await;
            drop(place);
        });
        Ok(())
    }

    /// Waits until every task is done.
    pub async fn settled(&self) {
        // Nothing closes the semaphore.
        let _ = self.0.acquire_many(MOST).await;
    }
}
