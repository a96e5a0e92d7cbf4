//! What the core needs from the world. Each port has a contract suite (feature
//! `contract`), which the fake and every adapter must pass.
//!
//! **shard**: the redemption object that keeps an attempt's row, found by the
//! attempt's id.

use std::sync::Arc;

use munjigi_counters::{Report, Totals};
use munjigi_keys::UnixMillis;
use munjigi_protocol::AttemptId;

use crate::credentials::{SecretHash, Sitekey};
use crate::price::Price;
use crate::redemption::{AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use crate::site::Site;
use crate::vendor_keys::Imports;

/// Where an attempt's row lives. All of it is sealed, so it is the same for
/// every request about the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowAddress {
    /// The attempt's id.
    pub id: AttemptId,
    /// Which store has it: how many shards there were when the attempt began,
    /// or, where one store has all rows, its generation. Never 0.
    pub store: u16,
    /// How long the row is kept; later operations are refused.
    pub keep_until: UnixMillis,
}

impl RowAddress {
    /// The number of the shard that keeps the row, where `store` is how many
    /// there are.
    pub fn shard(&self) -> u16 {
        use sha2::{Digest, Sha256};
        let [high, low, ..] = <[u8; 32]>::from(Sha256::digest(self.id.0));
        // Seals never carry 0 shards; dividing by it would panic.
        u16::from_be_bytes([high, low]) % self.store.max(1)
    }
}

/// A store did not answer. It may or may not have carried out the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store did not respond")]
pub struct StoreError;

/// One row per attempt, spent exactly once. Every operation is atomic, and
/// durable before its answer is returned. [`crate::redemption`] decides what it
/// does to the row; an adapter calls it inside its transaction.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait RedemptionStore {
    /// Notes that a picture is required of the attempt.
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError>;

    /// Notes that more work is required of the attempt: `least` expected hashes
    /// in total.
    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError>;

    /// Notes an answer that is about to be compared.
    async fn answer(&self, row: &RowAddress, answer: &AnswerHash) -> Result<Answered, StoreError>;

    /// Spends the attempt's token.
    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError>;
}

/// What "another way" has cost a network on a site; see [`Price`].
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait PriceStore {
    /// Raises the price by one use and returns the price that this use pays,
    /// which is the one before the raise.
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError>;

    /// Returns the price that the next use would pay.
    async fn read(&self, payer: &Payer) -> Result<Price, StoreError>;
}

/// What all processes of an edge count together; see
/// [`munjigi_counters::meter`], whose [`Ledger`](munjigi_counters::meter::Ledger)
/// does the counting. Never in a visitor's way: a meter that does not answer
/// costs nothing but knowledge of the other processes.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait Meter {
    /// How many parts it has.
    fn parts(&self) -> u16;

    /// Adds a report to its part and answers with what all have reported. A
    /// report whose answer was lost may have been added.
    async fn report(&self, report: &Report) -> Result<Totals, StoreError>;
}

impl<M: Meter> Meter for Arc<M> {
    fn parts(&self) -> u16 {
        self.as_ref().parts()
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        self.as_ref().report(report).await
    }
}

/// Who pays: a network, by its pseudonym, on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payer {
    /// The site that the network visits.
    pub sitekey: Sitekey,
    /// The network's pseudonym for this site and day.
    pub visitor: [u8; 8],
}

/// The published sites.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait SiteSource {
    /// The site of a canonical sitekey; `None` if none is published under it.
    async fn by_sitekey(&self, sitekey: &Sitekey) -> Result<Option<Arc<Site>>, StoreError>;

    /// The site of an alias; `None` if none is published under it.
    async fn by_alias(&self, name: &str) -> Result<Option<Arc<Site>>, StoreError>;

    /// The site of a secret; `None` if none is published with it.
    async fn by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError>;

    /// The filter of imported keys.
    async fn imports(&self) -> Result<Arc<Imports>, StoreError>;
}
