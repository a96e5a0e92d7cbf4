//! What the routes need besides the ports of `munjigi-captcha`. An adapter logs
//! why an operation failed; the routes learn only that it did.

use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;

/// Texts by key: published sites, manifests of packs, lists. Reads may be a
/// minute out of date, so nothing is decided by reading and then writing.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait Values {
    /// The value of a key, if there is one.
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Stores a value until it is removed, replacing an earlier one.
    async fn store(&self, key: &str, value: &str) -> Result<(), StoreError>;

    /// Stores a value for this many seconds, at least 60.
    async fn store_for(&self, key: &str, value: &str, seconds: u32) -> Result<(), StoreError>;

    /// Removes a key, whether it exists or not.
    async fn remove(&self, key: &str) -> Result<(), StoreError>;
}

/// The images of packs, one object per pack.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait Images {
    /// Bytes in the platform's own representation: on some platforms they never
    /// enter the memory that this code sees.
    type Bytes;

    /// Part of an object; `None` if there is no such object.
    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<Self::Bytes>, StoreError>;

    /// Stores an object, replacing an earlier one.
    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// An object's length in bytes; `None` if there is no such object.
    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError>;

    /// Removes an object, whether it exists or not.
    async fn remove(&self, key: &str) -> Result<(), StoreError>;
}

/// What the store of redemptions keeps besides the rows of attempts.
#[expect(async_fn_in_trait, reason = "a future over a store is Send where the store is Sync")]
pub trait ControlStore {
    /// Stores a signature's nonce until a time in milliseconds since 1970;
    /// returns whether it is new. Of concurrent calls, exactly one gets `true`.
    async fn nonce(&self, nonce: [u8; 16], until: u64) -> Result<bool, StoreError>;

    /// Changes the deny list before it returns, everywhere where attempts are
    /// redeemed. An entry of an older version than the list has changes
    /// nothing; see [`crate::deny_list`].
    async fn deny(&self, entries: Vec<DenyEntry>) -> Result<(), StoreError>;

    /// How many redeemed rows wait for the origin; for a sharded store, how
    /// many in its first shard. Changes nothing.
    async fn backlog(&self) -> Result<u32, StoreError>;
}

/// A change of the deny list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyEntry {
    /// A sitekey, or the hash of a secret.
    pub name: String,
    /// The version of the site's configuration that this comes from.
    pub version: u64,
    /// Whether it is denied from now on.
    pub denied: bool,
}

/// A rate limit. How many calls it allows per minute is set by the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Challenges, or solutions, of one client of an address on a site: it is
    /// asked first, so that a client that requests too much takes nothing from
    /// the others of its address. And reports of outcomes with one secret.
    Client,
    /// Challenges of an address on a site.
    Challenge,
    /// Solutions of an address on a site.
    Solution,
    /// Calls with one secret.
    Verify,
    /// Calls to the origin's routes without its signature.
    Internal,
}

/// A rate limit's decision about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The call may continue.
    Pass,
    /// There were too many calls.
    Refuse,
}
