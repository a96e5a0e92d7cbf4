//! `POST /__contract` of test builds: the contract suites on a platform's own
//! stores. Not one of the routes that [`crate::serve`] knows: a suite's futures
//! stay on their thread, whatever the stores are.

use std::sync::atomic::{AtomicU8, Ordering};

use munjigi_captcha::Price;
use munjigi_captcha::contract::{At, meter, price_store, redemption_store};
use munjigi_captcha::ports::{Meter, Payer, PriceStore, RedemptionStore, RowAddress, StoreError};
use munjigi_captcha::redemption::{AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use munjigi_counters::{Report, Row, Totals};
use munjigi_protocol::AttemptId;

use super::{control_store, images, values};
use crate::answer::{Answer, Response};
use crate::platform::{Bytes, Platform};
use crate::ports::{ControlStore, DenyEntry};

/// The path at which the shell of a test build answers with [`answer`].
pub const PATH: &str = "/__contract";

/// A store under ids that no other clause and no other run uses: every clause
/// begins with a fresh one.
struct Apart<R> {
    store: R,
    mask: [u8; 16],
}

/// Runs every suite and answers with their names.
///
/// # Panics
/// On the first clause that fails, so that the caller sees no 200 and the log
/// shows why.
pub async fn answer<P: Platform>(platform: &P) -> Response<Bytes<P>> {
    let mut seed = [0; 16];
    platform.fill(&mut seed).expect("the platform has random numbers");
    let clause = AtomicU8::new(0);
    let fresh = async || {
        // Byte 7 distinguishes the clauses: rows have their number in the first
        // four bytes, and payers theirs in all of them.
        let mut mask = seed;
        mask[7] = clause.fetch_add(1, Ordering::Relaxed);
        let store = platform.redemptions().expect("the store is configured");
        Apart { store, mask }
    };
    let at = At { now: platform.now(), store: platform.generation().unwrap_or(64) };
    redemption_store(&fresh, at).await;
    price_store(&fresh).await;
    control_store(&fresh, at).await;
    let fresh = async || {
        let mut mask = [0; 8];
        mask.copy_from_slice(&seed[..8]);
        mask[7] = clause.fetch_add(1, Ordering::Relaxed);
        let meter = platform.meter().expect("the meter is configured");
        ApartMeter { meter, mask: u64::from_le_bytes(mask) }
    };
    meter(&fresh, platform.now()).await;
    values(&platform.values().expect("the store is configured"), "contract").await;
    images(&platform.images().expect("the store is configured"), "contract").await;
    let suites = ["redemption_store", "price_store", "control_store", "meter", "values", "images"];
    Answer::json(&suites).into_response(None, String::new(), format_args!(""))
}

/// The same for a meter and its names.
struct ApartMeter<M> {
    meter: M,
    mask: u64,
}

impl<M: Meter> Meter for ApartMeter<M> {
    fn parts(&self) -> u16 {
        self.meter.parts()
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        let apart =
            |row: &Row| Row { site: row.site ^ self.mask, key: row.key ^ self.mask, ..row.clone() };
        let mut apart = Report { rows: report.rows.iter().map(apart).collect(), ..report.clone() };
        for solution in &mut apart.solutions {
            solution.event ^= self.mask;
        }
        let mut totals = self.meter.report(&apart).await?;
        for busy in &mut totals.busy {
            busy.key ^= self.mask;
        }
        Ok(totals)
    }
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

    async fn answer(&self, row: &RowAddress, hash: &AnswerHash) -> Result<Answered, StoreError> {
        self.store.answer(&self.row(row), hash).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        self.store.redeem(&self.row(row), redeem).await
    }
}

impl<R: ControlStore> ControlStore for Apart<R> {
    async fn nonce(&self, nonce: [u8; 16], until: u64) -> Result<bool, StoreError> {
        self.store.nonce(masked(nonce, self.mask), until).await
    }

    async fn deny(&self, entries: Vec<DenyEntry>) -> Result<(), StoreError> {
        self.store.deny(entries).await
    }

    async fn backlog(&self) -> Result<u32, StoreError> {
        self.store.backlog().await
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
