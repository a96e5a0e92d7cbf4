//! A counted attempt to log in.

use munjigi_domain::accounts::Limit;
use munjigi_store::StoreError;

use crate::cache::Limits;

/// One attempt, counted before any expensive work is done for it.
#[derive(Debug)]
pub struct Attempt<'a> {
    limits: &'a dyn Limits,
    limit: &'static Limit,
    whom: String,
}

impl<'a> Attempt<'a> {
    pub(super) const fn new(limits: &'a dyn Limits, limit: &'static Limit, whom: String) -> Self {
        Self { limits, limit, whom }
    }

    /// The owner has logged in: other people's attempts do not lock them out
    /// next time.
    pub async fn succeeded(self) -> Result<(), StoreError> {
        self.limits.forget(self.limit, &self.whom).await
    }
}
