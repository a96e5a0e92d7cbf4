//! The contract of what every store of redemptions keeps besides the rows of
//! attempts.

use core::ops::AsyncFn;

use munjigi_captcha::contract::{At, redeem, row, together};
use munjigi_captcha::ports::RedemptionStore;
use munjigi_captcha::redemption::{NotAllowed, Redeem, Redemption};
use munjigi_captcha::{SecretHash, Sitekey};
use munjigi_keys::UnixMillis;

use crate::ports::{ControlStore, DenyEntry};

/// Runs every clause, each on a fresh store. See [`At`].
///
/// # Panics
/// On the first clause that fails.
pub async fn control_store<S: RedemptionStore + ControlStore>(fresh: impl AsyncFn() -> S, at: At) {
    knows_a_nonce_again(fresh().await, at.now).await;
    takes_a_nonce_once_under_contention(fresh().await, at.now).await;
    denies_a_secret_in_every_part(fresh().await, at).await;
    denies_a_site(fresh().await, at).await;
    counts_what_waits(fresh().await).await;
}

async fn knows_a_nonce_again<S: ControlStore>(store: S, now: UnixMillis) {
    let until = now.0 + 600_000;
    assert_eq!(store.nonce([1; 16], until).await, Ok(true));
    assert_eq!(store.nonce([1; 16], until).await, Ok(false));
    assert_eq!(store.nonce([2; 16], until).await, Ok(true));
}

async fn takes_a_nonce_once_under_contention<S: ControlStore>(store: S, now: UnixMillis) {
    let until = now.0 + 600_000;
    let answers = together((0..50).map(|_| store.nonce([3; 16], until)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(true)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(false)).count(), 49);
}

async fn denies_a_secret_in_every_part<S: RedemptionStore + ControlStore>(store: S, at: At) {
    let secret = SecretHash::parse(&"5".repeat(64)).expect("64 hex digits");
    let redeem = Redeem { secret: secret.clone(), ..redeem(1, 1) };
    assert_eq!(store.deny(vec![entry(secret.as_str(), 2, true)]).await, Ok(()));
    let denied = Ok(Redemption::NotAllowed(NotAllowed::DeniedSecret));
    for number in 0..32 {
        assert_eq!(store.redeem(&row(number, at), &redeem).await, denied);
    }
    // An older entry changes nothing.
    assert_eq!(store.deny(vec![entry(secret.as_str(), 1, false)]).await, Ok(()));
    assert_eq!(store.redeem(&row(1, at), &redeem).await, denied);
    assert_eq!(store.deny(vec![entry(secret.as_str(), 3, false)]).await, Ok(()));
    for number in 0..32 {
        assert_eq!(store.redeem(&row(number, at), &redeem).await, Ok(Redemption::First));
    }
}

async fn denies_a_site<S: RedemptionStore + ControlStore>(store: S, at: At) {
    let name = ["mj_", &"0".repeat(25), "8"].concat();
    let mut redeem = redeem(1, 1);
    redeem.facts.sitekey = Sitekey::from_trusted(&name).expect("26 characters, spare bits zero");
    // No one has denied it yet.
    assert_eq!(store.deny(vec![entry(&name, 1, false)]).await, Ok(()));
    assert_eq!(store.redeem(&row(1, at), &redeem).await, Ok(Redemption::First));
    assert_eq!(store.deny(vec![entry(&name, 2, true)]).await, Ok(()));
    let denied = Ok(Redemption::NotAllowed(NotAllowed::DeniedAttempt));
    assert_eq!(store.redeem(&row(2, at), &redeem).await, denied);
}

async fn counts_what_waits<S: ControlStore>(store: S) {
    assert!(store.backlog().await.is_ok());
}

fn entry(name: &str, version: u64, denied: bool) -> DenyEntry {
    DenyEntry { name: name.to_owned(), version, denied }
}
