//! Work that responses do not wait for, because the time it takes would reveal
//! what the page does not: whether an address has an account.

use std::sync::Arc;

use munjigi_store::StoreError;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::trouble::Trouble;
use crate::http::App;

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
    /// Waits until every task is done.
    pub async fn settled(&self) {
        // Nothing closes the semaphore.
        let _ = self.0.acquire_many(MOST).await;
    }
}

/// Starts a task if there is capacity and Postgres can be reached.
pub async fn later<W>(
    app: &Arc<App>,
    work: impl FnOnce(Arc<App>) -> W + Send,
) -> Result<(), Trouble>
where
    W: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    let places = Arc::clone(&app.console().later.0);
    let place = places.try_acquire_owned().map_err(|_| Trouble::too_often(1))?;
    // Otherwise users would wait for an email that cannot be written.
    app.pool.acquire().await.map_err(StoreError::from)?;
    // Errors are logged under the request's id; the user has had the response.
    let work = work(Arc::clone(app)).in_current_span();
    tokio::spawn(async move {
        let _ = work.await;
        drop(place);
    });
    Ok(())
}
