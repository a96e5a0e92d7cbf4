//! A counted attempt to log in.

use munjigi_domain::accounts::Limit;
use munjigi_store::DatabaseError;

use crate::cache::Limits;

/// One attempt, counted before any expensive work is done for it.
#[derive(Debug)]
pub struct Attempt<'a> {
    limits: &'a dyn Limits,
    count: Option<(&'static Limit, String)>,
}

impl<'a> Attempt<'a> {
    /// One that counts no more once it has succeeded.
    pub(super) const fn forgotten(
        limits: &'a dyn Limits,
        limit: &'static Limit,
        whom: String,
    ) -> Self {
        Self { limits, count: Some((limit, whom)) }
    }

    /// One that counts whatever comes of it.
    pub(super) const fn kept(limits: &'a dyn Limits) -> Self {
        Self { limits, count: None }
    }

    /// The owner has logged in: other people's attempts do not lock them out
    /// next time.
    pub async fn succeeded(self) -> Result<(), DatabaseError> {
        match &self.count {
            Some((limit, whom)) => self.limits.forget(limit, whom).await,
            None => Ok(()),
        }
    }
}
