//! What the core needs of the world. Each port has a contract suite
//! (feature `contract`), which the fake and every adapter must pass.

use std::sync::Arc;

use munjigi_keys::UnixMillis;
use munjigi_protocol::AttemptId;

use crate::keys::{SecretHash, Sitekey};
use crate::price::Price;
use crate::redemption::{AnswerHash, Attempted, Owing, Redeem, Redeemed, Stepped};
use crate::site::Site;
use crate::vendor_keys::Imports;

/// Where the row of an attempt lives: all of it is sealed, so it is the same
/// for every request about the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowAddress {
    /// The attempt.
    pub id: AttemptId,
    /// How many shards there were when the attempt began.
    pub shards: u16,
    /// Until when the row is kept; ids past it are refused.
    pub keep_until: UnixMillis,
}

impl RowAddress {
    /// The number of the shard that keeps the row, below `shards`.
    pub fn shard(&self) -> u16 {
        use sha2::{Digest, Sha256};
        let [high, low, ..] = <[u8; 32]>::from(Sha256::digest(self.id.0));
        // Seals never carry 0 shards; a division by it would be a panic.
        u16::from_be_bytes([high, low]) % self.shards.max(1)
    }
}

/// A store did not answer. Whether it did what was asked is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store did not respond")]
pub struct StoreError;

/// One row per attempt, spent exactly once. Every operation is atomic, and
/// durable before its answer is given; what it does to the row is decided by
/// [`crate::redemption`], which an adapter calls inside its transaction.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait RedemptionStore {
    /// A picture was asked of the attempt.
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError>;

    /// More work was asked of the attempt: `least` expected hashes in all.
    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError>;

    /// An answer is about to be compared.
    async fn attempt(&self, row: &RowAddress, answer: &AnswerHash)
    -> Result<Attempted, StoreError>;

    /// The attempt's token is to be spent.
    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redeemed, StoreError>;
}

/// What "another way" has cost a network on a site; see [`Price`].
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait PriceStore {
    /// Raises the price by one use and gives the price that this use pays:
    /// that from before the raise.
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError>;

    /// The price that the next use would pay.
    async fn read(&self, payer: &Payer) -> Result<Price, StoreError>;
}

/// Who pays: a network, by its pseudonym, on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payer {
    /// The site.
    pub sitekey: Sitekey,
    /// The network's pseudonym for this site and day.
    pub visitor: [u8; 8],
}

/// The sites that are published.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait SiteSource {
    /// The site of a canonical sitekey.
    async fn by_sitekey(&self, sitekey: &Sitekey) -> Result<Option<Arc<Site>>, StoreError>;

    /// The site of another name than its sitekey.
    async fn by_alias(&self, name: &str) -> Result<Option<Arc<Site>>, StoreError>;

    /// The site of a secret.
    async fn by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError>;

    /// Which imported keys there may be.
    async fn imports(&self) -> Result<Arc<Imports>, StoreError>;
}
