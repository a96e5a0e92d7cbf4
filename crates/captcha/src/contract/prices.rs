//! The contract of every price store.

use core::ops::AsyncFn;

use super::together;
use crate::credentials::Sitekey;
use crate::ports::{Payer, PriceStore};
use crate::price::Price;

/// Runs every clause, each on a fresh store.
///
/// # Panics
/// Panics on the first clause that does not hold.
pub async fn price_store<S: PriceStore>(fresh: impl AsyncFn() -> S) {
    begins_at_nothing(fresh().await).await;
    doubles_with_each_use(fresh().await).await;
    counts_every_use_under_contention(fresh().await).await;
    keeps_payers_apart(fresh().await).await;
}

async fn begins_at_nothing<S: PriceStore>(store: S) {
    assert_eq!(doublings(&store, &payer(1)).await, 0);
}

async fn doubles_with_each_use<S: PriceStore>(store: S) {
    for uses in 0..5 {
        assert_eq!(store.raise(&payer(1)).await.map(Price::doublings), Ok(uses));
        assert_eq!(doublings(&store, &payer(1)).await, uses + 1);
    }
}

async fn counts_every_use_under_contention<S: PriceStore>(store: S) {
    let payer = payer(1);
    let paid = together((0..8).map(|_| store.raise(&payer)).collect()).await;
    assert!(paid.iter().all(Result::is_ok));
    assert_eq!(doublings(&store, &payer).await, 8);
}

async fn keeps_payers_apart<S: PriceStore>(store: S) {
    assert!(store.raise(&payer(1)).await.is_ok());
    assert_eq!(doublings(&store, &payer(2)).await, 0);
    let other_site = ["mj_", &"0".repeat(25), "4"].concat();
    let sitekey = Sitekey::from_trusted(&other_site).expect("26 characters, spare bits zero");
    assert_eq!(doublings(&store, &Payer { sitekey, ..payer(1) }).await, 0);
}

async fn doublings<S: PriceStore>(store: &S, payer: &Payer) -> u32 {
    store.read(payer).await.expect("the store under test answers").doublings()
}

fn payer(visitor: u8) -> Payer {
    let sitekey = ["mj_", &"0".repeat(26)].concat();
    let sitekey = Sitekey::from_trusted(&sitekey).expect("26 characters, spare bits zero");
    Payer { sitekey, visitor: [visitor; 8] }
}
