//! Delivers the filter of imported keys to the edge.

use munjigi_captcha::ImportFilter;
use munjigi_keys::UnixMillis;
use munjigi_store::StoreError;
use munjigi_store::vendor_keys::{self, DueFilter};

use super::{Publisher, count, retry_after_ms};
use crate::edge::EdgeError;

/// Makes one attempt, and records its outcome.
pub async fn deliver(publisher: &Publisher, due: &DueFilter) -> Result<(), StoreError> {
    let (pool, version) = (&publisher.pool, due.version);
    let filter = ImportFilter::of(version, &due.imports, &publisher.check);
    let result = publisher.edge.put_imports(&filter).await;
    let now = publisher.clock.now();
    match result {
        Ok(()) => {
            tracing::info!(version, "published the filter of imported keys");
            count("delivered");
            vendor_keys::delivered(pool, version, now).await
        }
        Err(EdgeError::Stale) => {
            tracing::warn!(version, "the edge has a newer filter; raising ours");
            count("stale");
            vendor_keys::overtake(pool, version, now).await
        }
        Err(error) => {
            let attempts = due.attempts + 1;
            if attempts.is_power_of_two() {
                tracing::warn!(version, attempts, %error, "the filter was not published; retrying");
            }
            count("failed");
            let again = UnixMillis(now.0 + retry_after_ms(due.attempts));
            vendor_keys::failed(pool, version, &error.to_string(), again).await
        }
    }
}
