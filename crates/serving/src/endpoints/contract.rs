//! `POST /__contract`: runs the contract suites of the ports against the
//! platform's own stores. Built with the feature `contract` alone. A clause that does not
//! hold panics, so that the caller sees no 200 and the log sees why.

use std::cell::Cell;

use munjigi_captcha::Price;
use munjigi_captcha::contract::{price_store, redemption_store};
use munjigi_captcha::ports::{Payer, PriceStore, RedemptionStore, RowAddress, StoreError};
use munjigi_captcha::redemption::{AnswerHash, Attempted, Owing, Redeem, Redeemed, Stepped};
use munjigi_protocol::AttemptId;

use crate::answer::Answer;
use crate::platform::Platform;
use crate::request_context::RequestContext;

/// A store under ids that no other clause and no other run has: every clause
/// begins with a fresh one.
struct Apart<R> {
    store: R,
    mask: [u8; 16],
}

/// Answers once both suites are through.
pub async fn answer<P: Platform>(edge: &RequestContext<'_, P>) -> Answer {
    let clause = Cell::new(0);
    let fresh = async || {
        clause.set(clause.get() + 1);
        // Byte 7 tells the clauses apart: rows have their number in the first
        // four bytes, and payers theirs in all of them.
        let mut mask = [0; 16];
        for (slot, byte) in mask.iter_mut().zip(edge.seed) {
            *slot = byte;
        }
        mask[7] = clause.get();
        let store = edge.platform.redemptions().expect("the store is configured");
        Apart { store, mask }
    };
    redemption_store(fresh, edge.now).await;
    price_store(fresh).await;
    Answer::json(&["redemption_store", "price_store"])
}

impl<R> Apart<R> {
    fn row(&self, row: &RowAddress) -> RowAddress {
        RowAddress { id: AttemptId(masked(row.id.0, self.mask)), ..*row }
    }

    fn payer(&self, payer: &Payer) -> Payer {
        let [mask, _] = self.mask.as_chunks().0 else { return *payer };
        Payer { visitor: masked(payer.visitor, *mask), ..*payer }
    }
}

fn masked<const N: usize>(mut bytes: [u8; N], mask: [u8; N]) -> [u8; N] {
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    bytes
}

impl<R: RedemptionStore> RedemptionStore for Apart<R> {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        self.store.step(&self.row(row)).await
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        self.store.owe(&self.row(row), least).await
    }

    async fn attempt(&self, row: &RowAddress, hash: &AnswerHash) -> Result<Attempted, StoreError> {
        self.store.attempt(&self.row(row), hash).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redeemed, StoreError> {
        self.store.redeem(&self.row(row), redeem).await
    }
}

impl<R: PriceStore> PriceStore for Apart<R> {
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError> {
        self.store.raise(&self.payer(payer)).await
    }

    async fn read(&self, payer: &Payer) -> Result<Price, StoreError> {
        self.store.read(&self.payer(payer)).await
    }
}
