//! The secret that a back end sends, and the site that it stands for.

use std::sync::Arc;

use super::verdict::Reason;
use crate::authority::Authority;
use crate::credentials::{Secret, SecretHash};
use crate::ports::{SiteSource, StoreError};
use crate::site::Site;

/// A secret that is well-formed, ours or a vendor's. `Debug` shows its hash.
#[derive(Debug, Clone)]
pub struct GivenSecret {
    hash: SecretHash,
    /// Whether the secret has no check of ours.
    foreign: bool,
}

impl GivenSecret {
    /// Checks a secret's shape; `None` where it cannot be anyone's.
    pub fn read(authority: &Authority, text: &str) -> Option<Self> {
        let (secret, foreign) = match authority.check().secret(text) {
            Ok(secret) => (secret, false),
            Err(_) => (Secret::foreign(text)?, true),
        };
        Some(Self { hash: secret.hash(), foreign })
    }

    /// That of no back end: the edge itself asks.
    pub fn none() -> Self {
        Self { hash: SecretHash::of_none(), foreign: false }
    }

    /// What a rate limiter may count by.
    pub const fn hash(&self) -> &SecretHash {
        &self.hash
    }

    /// Whether the secret has no check of ours.
    pub const fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// Looks up the secret's site. A secret without our check is looked up only
    /// where it may have been imported. If the stores do not answer, this fails
    /// closed.
    pub async fn site<S: SiteSource>(&self, sites: &S) -> Result<Arc<Site>, Reason> {
        match self.find(sites).await {
            Ok(Some(site)) if site.has_secret(&self.hash) => Ok(site),
            Ok(_) => Err(Reason::InvalidSecret),
            Err(StoreError) => Err(Reason::Unavailable),
        }
    }

    async fn find<S: SiteSource>(&self, sites: &S) -> Result<Option<Arc<Site>>, StoreError> {
        if self.foreign && !sites.imports().await?.has_secret(&self.hash) {
            return Ok(None);
        }
        sites.by_secret(&self.hash).await
    }
}
