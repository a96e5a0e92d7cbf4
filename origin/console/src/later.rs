//! Starts work that responses do not wait for: see `munjigi_app::later`.

use munjigi_app::ConsoleApp;
use munjigi_store::StoreError;
use tracing::Instrument as _;

use super::page_error::PageError;

/// Starts a task if there is capacity and Postgres can be reached.
pub async fn later<W>(
    app: &ConsoleApp,
    work: impl FnOnce(ConsoleApp) -> W + Send,
) -> Result<(), PageError>
where
    W: Future<Output = Result<(), PageError>> + Send + 'static,
{
    let place = app.console.later.place().ok_or_else(|| PageError::too_often(1))?;
    // Otherwise users would wait for an email that cannot be written.
    app.pool.acquire().await.map_err(StoreError::from)?;
    // Errors are logged under the request's id; the user has had the response.
    let work = work(app.clone()).in_current_span();
    tokio::spawn(async move {
        let _ = work.await;
        drop(place);
    });
    Ok(())
}
