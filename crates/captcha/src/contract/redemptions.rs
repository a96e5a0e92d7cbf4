//! The contract of every redemption store.

use core::ops::AsyncFn;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, AttemptId, Sign, Signs};

use super::together;
use crate::credentials::{SecretHash, Sitekey};
use crate::ports::{RedemptionStore, RowAddress};
use crate::redemption::{
    AnswerHash, Answered, CallHash, NotAllowed, Owing, Redeem, Redemption, Stepped, TokenFacts,
    TokenHash,
};

/// More work than any attempt is asked for, yet still a number that JavaScript
/// represents exactly.
const MOST: u64 = 1 << 52;

/// Runs every clause, each on a fresh store. See [`At`].
///
/// # Panics
/// Panics on the first clause that does not hold.
pub async fn redemption_store<S: RedemptionStore>(fresh: impl AsyncFn() -> S, at: At) {
    spends_exactly_once(fresh().await, at).await;
    spends_exactly_once_under_contention(fresh().await, at).await;
    repeats_the_answer_for_the_same_call(fresh().await, at).await;
    repeats_the_answer_to_one_call_sent_many_times(fresh().await, at).await;
    takes_another_token_of_the_attempt_for_no_repeat(fresh().await, at).await;
    bars_tokens_without_the_picture_once_it_was_asked(fresh().await, at).await;
    bars_a_picture_once_spent(fresh().await, at).await;
    bars_tokens_that_paid_less_than_was_asked(fresh().await, at).await;
    asks_only_more(fresh().await, at).await;
    asks_no_more_once_spent(fresh().await, at).await;
    tries_one_answer(fresh().await, at).await;
    tries_one_answer_under_contention(fresh().await, at).await;
    keeps_attempts_apart(fresh().await, at).await;
    refuses_what_is_past_keeping(fresh().await, at).await;
}

async fn spends_exactly_once<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.redeem(&row, &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.redeem(&row, &redeem(3, 2)).await, Ok(Redemption::Spent));
}

async fn spends_exactly_once_under_contention<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    let calls: Vec<Redeem> = (0..1_000).map(|call| redeem(call, 1)).collect();
    let answers = together(calls.iter().map(|call| store.redeem(&row, call)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Redemption::First)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Redemption::Spent)).count(), 999);
}

async fn repeats_the_answer_for_the_same_call<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.redeem(&row, &redeem(2, 1)).await, Ok(Redemption::Spent));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::Repeat));
}

async fn repeats_the_answer_to_one_call_sent_many_times<S: RedemptionStore>(store: S, at: At) {
    let (row, call) = (row(1, at), redeem(1, 1));
    let answers = together((0..100).map(|_| store.redeem(&row, &call)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Redemption::First)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Redemption::Repeat)).count(), 99);
}

async fn takes_another_token_of_the_attempt_for_no_repeat<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.redeem(&row, &redeem(1, 2)).await, Ok(Redemption::Spent));
}

async fn bars_tokens_without_the_picture_once_it_was_asked<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.step(&row).await, Ok(Stepped::Recorded));
    assert_eq!(store.step(&row).await, Ok(Stepped::Recorded));
    let barred = Ok(Redemption::NotAllowed(NotAllowed::Stepped));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, barred);
    assert_eq!(store.redeem(&row, &stepped(2, 2)).await, Ok(Redemption::First));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::Spent));
}

async fn bars_a_picture_once_spent<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.step(&row).await, Ok(Stepped::Spent));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::Repeat));
}

async fn bars_tokens_that_paid_less_than_was_asked<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    let barred = Ok(Redemption::NotAllowed(NotAllowed::Unpaid));
    assert_eq!(store.owe(&row, 1_000).await, Ok(Owing::Recorded { owed: 1_000 }));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, barred);
    assert_eq!(store.redeem(&row, &paid(2, 2, 999)).await, barred);
    // Neither spends the attempt.
    assert_eq!(store.redeem(&row, &paid(3, 3, 1_000)).await, Ok(Redemption::First));
    assert_eq!(store.redeem(&row, &paid(3, 3, 1_000)).await, Ok(Redemption::Repeat));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::Spent));
}

async fn asks_only_more<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    for (least, owed) in [(1_000, 1_000), (10, 1_000), (1_000, 1_000), (5_000, 5_000)] {
        assert_eq!(store.owe(&row, least).await, Ok(Owing::Recorded { owed }));
    }
    // Owed work, and the rest of the row, survive another write.
    assert_eq!(store.step(&row).await, Ok(Stepped::Recorded));
    assert_eq!(store.answer(&row, &AnswerHash([1; 16])).await, Ok(Answered::First));
    assert_eq!(store.owe(&row, MOST).await, Ok(Owing::Recorded { owed: MOST }));
    assert_eq!(store.answer(&row, &AnswerHash([2; 16])).await, Ok(Answered::Exhausted));
    let barred = |why| Ok(Redemption::NotAllowed(why));
    let rich = paid(1, 1, MOST);
    assert_eq!(store.redeem(&row, &rich).await, barred(NotAllowed::Stepped));
    assert_eq!(store.redeem(&row, &stepped(1, 1)).await, barred(NotAllowed::Unpaid));
    let both = Redeem { paid: MOST, ..stepped(1, 1) };
    assert_eq!(store.redeem(&row, &both).await, Ok(Redemption::First));
}

async fn asks_no_more_once_spent<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.owe(&row, 1).await, Ok(Owing::Spent));
    assert_eq!(store.redeem(&row, &redeem(1, 1)).await, Ok(Redemption::Repeat));
}

async fn tries_one_answer<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    let (one, other) = (AnswerHash([1; 16]), AnswerHash([2; 16]));
    assert_eq!(store.answer(&row, &one).await, Ok(Answered::First));
    assert_eq!(store.answer(&row, &other).await, Ok(Answered::Exhausted));
    assert_eq!(store.answer(&row, &one).await, Ok(Answered::Same));
    // The answer survives another write of the row.
    assert_eq!(store.step(&row).await, Ok(Stepped::Recorded));
    assert_eq!(store.answer(&row, &other).await, Ok(Answered::Exhausted));
    assert_eq!(store.redeem(&row, &stepped(1, 1)).await, Ok(Redemption::First));
    assert_eq!(store.answer(&row, &other).await, Ok(Answered::Exhausted));
}

async fn tries_one_answer_under_contention<S: RedemptionStore>(store: S, at: At) {
    let row = row(1, at);
    let guesses: Vec<AnswerHash> = (0..512).map(|guess| AnswerHash(bytes(guess))).collect();
    let answers = together(guesses.iter().map(|guess| store.answer(&row, guess)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Answered::First)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Answered::Exhausted)).count(), 511);
}

async fn keeps_attempts_apart<S: RedemptionStore>(store: S, at: At) {
    let rows: Vec<RowAddress> = (0..100).map(|number| row(number, at)).collect();
    let call = redeem(1, 1);
    let answers = together(rows.iter().map(|row| store.redeem(row, &call)).collect()).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Redemption::First)));
}

async fn refuses_what_is_past_keeping<S: RedemptionStore>(store: S, at: At) {
    let keep_until = UnixMillis(at.now.0.saturating_sub(60_000));
    let late = RowAddress { keep_until, ..row(1, at) };
    let why = NotAllowed::Late;
    assert_eq!(store.step(&late).await, Ok(Stepped::NotAllowed(why)));
    assert_eq!(store.owe(&late, 1).await, Ok(Owing::NotAllowed(why)));
    assert_eq!(store.answer(&late, &AnswerHash([1; 16])).await, Ok(Answered::NotAllowed(why)));
    assert_eq!(store.redeem(&late, &redeem(1, 1)).await, Ok(Redemption::NotAllowed(why)));
}

fn bytes(number: u32) -> [u8; 16] {
    let mut bytes = [0x5a; 16];
    for (slot, byte) in bytes.iter_mut().zip(number.to_le_bytes()) {
        *slot = byte;
    }
    bytes
}

/// Where the rows of a suite are.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// Close to the time of the store's own clock.
    pub now: UnixMillis,
    /// Which store has the rows; see [`RowAddress`].
    pub store: u16,
}

/// The address of an attempt's row, kept for an hour: a different one for each
/// number and each time.
pub fn row(number: u32, at: At) -> RowAddress {
    let At { now, store } = at;
    let mut id = bytes(number);
    for (slot, byte) in id.iter_mut().skip(8).zip(now.0.to_le_bytes()) {
        *slot = byte;
    }
    RowAddress { id: AttemptId(id), store, keep_until: UnixMillis(now.0 + 3_600_000) }
}

/// What a token of a site states.
///
/// # Panics
/// Never: what is fixed here is well-formed.
pub fn token_facts() -> TokenFacts {
    TokenFacts {
        sitekey: Sitekey::from_trusted(&["mj_", &"0".repeat(26)].concat())
            .expect("26 characters, spare bits zero"),
        hostname: "shop.example".to_owned(),
        action: "login".to_owned(),
        solved_at: 1_763_623_800_250,
        score: 90,
        interactive: false,
        stepped: false,
        algorithm: Algorithm::HashWx,
        country: "KR".to_owned(),
        asn: 64_500,
        signs: Signs::NONE.with(Sign::Absent),
    }
}

/// The bytes of [`token_facts`] in stores and commands, after the version.
pub const TOKEN_FACTS_BYTES: [(&str, &str); 11] = [
    ("00000000000000000000000000000000", "facts: sitekey"),
    ("0c73686f702e6578616d706c65", "hostname shop.example"),
    ("056c6f67696e", "action login"),
    ("ba9bae81aa33", "solved_at 1763623800250 ms"),
    ("5a", "score 90"),
    ("00", "interactive: no"),
    ("00", "stepped: no"),
    ("00", "algorithm: hashwx"),
    ("024b52", "country KR"),
    ("f4f703", "asn 64500"),
    ("808001", "signs: absent"),
];

/// A call that redeems a token of a site, with a secret of 64 zeros.
///
/// # Panics
/// Never: what is fixed here is well-formed.
pub fn redeem(call: u32, token: u32) -> Redeem {
    Redeem {
        call: CallHash(bytes(call)),
        token: TokenHash(bytes(token)),
        secret: SecretHash::parse(&"0".repeat(64)).expect("64 hex digits"),
        paid: 0,
        facts: token_facts(),
    }
}

fn paid(call: u32, token: u32, paid: u64) -> Redeem {
    Redeem { paid, ..redeem(call, token) }
}

fn stepped(call: u32, token: u32) -> Redeem {
    let Redeem { facts, .. } = redeem(call, token);
    Redeem { facts: TokenFacts { stepped: true, ..facts }, ..redeem(call, token) }
}
