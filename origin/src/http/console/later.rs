//! Work that an answer does not wait for, because how long it takes would
//! tell what the page does not: whether an address has an account.

use std::sync::Arc;

use munjigi_store::StoreError;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::trouble::Trouble;
use crate::http::App;

/// Most that is under way at once.
const MOST: u32 = 256;

/// Where it is done.
#[derive(Debug)]
pub struct Later(Arc<Semaphore>);

impl Default for Later {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl Later {
    /// Waits until all of it is done.
    pub async fn settled(&self) {
        // Nobody closes it.
        let _ = self.0.acquire_many(MOST).await;
    }
}

/// Begins it, where there is room for it and the records can be reached.
pub async fn later<W>(
    app: &Arc<App>,
    work: impl FnOnce(Arc<App>) -> W + Send,
) -> Result<(), Trouble>
where
    W: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    let places = Arc::clone(&app.console().later.0);
    let place = places.try_acquire_owned().map_err(|_| Trouble::too_often(1))?;
    // Nobody is told to look for an email that cannot be written.
    app.pool.acquire().await.map_err(StoreError::from)?;
    // What goes wrong is logged under the request's id; there is nobody to tell.
    let work = work(Arc::clone(app)).in_current_span();
    tokio::spawn(async move {
        let _ = work.await;
        drop(place);
    });
    Ok(())
}
