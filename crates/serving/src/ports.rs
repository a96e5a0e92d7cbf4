//! What the routes need of the world besides the ports of `munjigi-captcha`.
//! An adapter logs why an operation failed; the routes learn only that it did.

use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;
use serde::{Deserialize, Serialize};

/// Texts by their names: published sites, manifests of packs, lists. A reader
/// may see what was so a minute ago, so nothing is decided by reading and then
/// writing.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait Values {
    /// The value of a key, if there is one.
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Keeps a value until it is removed, in place of an earlier one.
    async fn store(&self, key: &str, value: &str) -> Result<(), StoreError>;

    /// Keeps a value for so many seconds, at least 60.
    async fn store_for(&self, key: &str, value: &str, seconds: u32) -> Result<(), StoreError>;

    /// Forgets a key, whether it is there or not.
    async fn remove(&self, key: &str) -> Result<(), StoreError>;
}

/// The images of packs, one object for each pack.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait Images {
    /// Bytes where the platform keeps them: on some they never reach the
    /// memory that this code sees.
    type Bytes;

    /// Part of an object; none where there is no such object.
    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<Self::Bytes>, StoreError>;

    /// Keeps an object, in place of an earlier one.
    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// An object's length in bytes; none where there is no such object.
    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError>;

    /// Forgets an object, whether it is there or not.
    async fn remove(&self, key: &str) -> Result<(), StoreError>;
}

/// What the store of redemptions keeps beside the rows of attempts.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait Ledgers {
    /// Remembers a signature's nonce until a time in milliseconds since 1970;
    /// whether it is new. Of calls at the same time, one learns that it is.
    async fn nonce(&self, nonce: [u8; 16], until: u64) -> Result<bool, StoreError>;

    /// Changes the deny list before it answers, everywhere where attempts are
    /// redeemed. A verdict of an older version than the list has changes
    /// nothing; see [`crate::deny_list`].
    async fn deny(&self, verdicts: Vec<Verdict>) -> Result<(), StoreError>;

    /// How many redeemed rows wait for the origin, or of a store in parts, how
    /// many of its first part. Changes nothing.
    async fn backlog(&self) -> Result<u32, StoreError>;
}

/// An entry of the deny list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// A sitekey, or the hash of a secret.
    pub name: String,
    /// The version of the site's configuration that this comes from.
    pub version: u64,
    /// Whether it is denied from now on.
    pub denied: bool,
}

/// A rate limit. How many calls it lets pass in a minute is the operator's to
/// set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Challenges of a network on a site.
    Challenge,
    /// Solutions of a network on a site.
    Solution,
    /// Calls with one secret.
    Verify,
    /// Calls to the origin's routes without its signature.
    Internal,
}

/// What a rate limit says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Go on.
    Pass,
    /// Too many.
    Refuse,
}
