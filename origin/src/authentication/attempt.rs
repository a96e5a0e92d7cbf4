//! An attempt to log in, which was counted.

use munjigi_domain::accounts::Limit;
use munjigi_store::StoreError;

use crate::cache::Limits;

/// One attempt, counted before anything expensive is done about it.
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

    /// The owner is here: attempts of others do not keep them out next time.
    pub async fn succeeded(self) -> Result<(), StoreError> {
        self.limits.forget(self.limit, &self.whom).await
    }
}
