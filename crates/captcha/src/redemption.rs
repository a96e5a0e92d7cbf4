//! An attempt's row as a state machine: what each operation answers and what it
//! leaves in the row. Pure: the object at the edge and the fake in tests both
//! call it inside their transaction.
//!
//! Four invariants hold for any interleaving of requests. One token per attempt
//! is spent once, even if others were sealed under the same id. Once a picture
//! is required, only a token that was earned through it (or its paid
//! alternative) is redeemable. Once more work is required, only a token that
//! paid for it is. One answer is tried per attempt, and choosing the
//! alternative counts as an answer.
//!
//! **redemption**: the one use of a token, recorded as an event.

pub mod bucket;
mod facts;

use munjigi_keys::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::credentials::SecretHash;

pub use facts::TokenFacts;

/// What is stored about an attempt. An absent row equals [`Row::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Whether a picture was required.
    pub stepped: bool,
    /// Expected hashes that a token must have paid in total, below 2^53; only
    /// increases. [`NEVER`] for an attempt that is refused.
    pub owed: u64,
    /// The one answer that may be tried.
    pub answer: Option<AnswerHash>,
    /// What spent the attempt; `None` while it is unspent.
    pub spent: Option<Spent>,
    /// Number of calls that were refused because the attempt was spent.
    pub rejected: u32,
}

/// How an attempt was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The call that spent it.
    pub call: CallHash,
    /// The token that was spent; another of the same attempt is no repeat.
    pub token: TokenHash,
}

/// 16 bytes of the SHA-256 of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerHash(pub [u8; 16]);

/// 16 bytes of the SHA-256 of an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallHash(pub [u8; 16]);

/// 16 bytes of the SHA-256 of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 16]);

/// A request to spend a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeem {
    /// The call; a repeat of it gets the first answer again.
    pub call: CallHash,
    /// The token to spend.
    pub token: TokenHash,
    /// The secret that was presented, to check against the deny list.
    pub secret: SecretHash,
    /// Expected hashes that the token paid in total.
    pub paid: u64,
    /// What the token states, for the record.
    pub facts: TokenFacts,
}

/// Why an operation on a row is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotAllowed {
    /// The attempt is past its `keep_until` by the store's own clock: its row
    /// may already be deleted, so nothing is known about it any more.
    Late,
    /// A picture was required, and this token was earned without it.
    Stepped,
    /// The deny list names the secret.
    DeniedSecret,
    /// The deny list names the site or the attempt.
    DeniedAttempt,
    /// More work was required than this token paid.
    Unpaid,
}

/// What the deny list, which the store reads, says about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No entry matches.
    None,
    /// The secret is revoked.
    Secret,
    /// The site or the attempt is revoked.
    Attempt,
}

/// The answer to `step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stepped {
    /// The row says so now. A repeat gets the same answer.
    Recorded,
    /// The attempt was already spent: nothing can be required any more.
    Spent,
    /// The row does not allow it; see [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `owe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owing {
    /// The row says so now.
    Recorded {
        /// Expected hashes that a token must have paid in total: the required
        /// amount, or a larger one that was required before.
        owed: u64,
    },
    /// The attempt was already spent: nothing can be required any more.
    Spent,
    /// The row does not allow it; see [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `answer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answered {
    /// This is the first answer: compare it.
    First,
    /// The same answer again: compare it again; the outcome is the same.
    Same,
    /// Another answer was already tried.
    Exhausted,
    /// The row does not allow it; see [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `redeem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redemption {
    /// Spent by this call, now.
    First,
    /// Spent earlier by the same call; repeat its answer.
    Repeat,
    /// Spent by another call.
    Spent,
    /// The row does not allow it; see [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// Owed by an attempt that is refused for good: the largest number that every
/// store keeps exactly, and more than anyone pays.
pub const NEVER: u64 = (1 << 53) - 1;

/// An answer, and the row to write; `None` where nothing changes.
pub type Change<A> = (A, Option<Row>);

/// Requires a picture of an attempt.
pub fn step(row: &Row, keep_until: UnixMillis, now: UnixMillis) -> Change<Stepped> {
    if now > keep_until {
        return (Stepped::NotAllowed(NotAllowed::Late), None);
    }
    if row.spent.is_some() {
        return (Stepped::Spent, None);
    }
    if row.stepped {
        return (Stepped::Recorded, None);
    }
    (Stepped::Recorded, Some(Row { stepped: true, ..row.clone() }))
}

/// Requires more work of an attempt: from now on, a token that paid less than
/// `least` expected hashes in total is not redeemable.
pub fn owe(row: &Row, keep_until: UnixMillis, now: UnixMillis, least: u64) -> Change<Owing> {
    if now > keep_until {
        return (Owing::NotAllowed(NotAllowed::Late), None);
    }
    if row.spent.is_some() {
        return (Owing::Spent, None);
    }
    if row.owed >= least {
        return (Owing::Recorded { owed: row.owed }, None);
    }
    (Owing::Recorded { owed: least }, Some(Row { owed: least, ..row.clone() }))
}

/// Records an answer before it is compared.
pub fn answer(
    row: &Row,
    keep_until: UnixMillis,
    now: UnixMillis,
    answer: &AnswerHash,
) -> Change<Answered> {
    if now > keep_until {
        return (Answered::NotAllowed(NotAllowed::Late), None);
    }
    match &row.answer {
        None => (Answered::First, Some(Row { answer: Some(*answer), ..row.clone() })),
        Some(tried) if tried == answer => (Answered::Same, None),
        Some(_) => (Answered::Exhausted, None),
    }
}

/// Spends a token. The deny list is checked first, also for a repeat: a revoked
/// key no longer gets a positive answer.
pub fn redeem(
    row: &Row,
    keep_until: UnixMillis,
    now: UnixMillis,
    denial: Denial,
    redeem: &Redeem,
) -> Change<Redemption> {
    let not_allowed = |why| (Redemption::NotAllowed(why), None);
    if now > keep_until {
        return not_allowed(NotAllowed::Late);
    }
    match denial {
        Denial::None => {}
        Denial::Secret => return not_allowed(NotAllowed::DeniedSecret),
        Denial::Attempt => return not_allowed(NotAllowed::DeniedAttempt),
    }
    if let Some(spent) = &row.spent {
        if spent.call == redeem.call && spent.token == redeem.token {
            return (Redemption::Repeat, None);
        }
        let rejected = row.rejected.saturating_add(1);
        return (Redemption::Spent, Some(Row { rejected, ..row.clone() }));
    }
    if row.stepped && !redeem.facts.stepped {
        return not_allowed(NotAllowed::Stepped);
    }
    if redeem.paid < row.owed {
        return not_allowed(NotAllowed::Unpaid);
    }
    let spent = Some(Spent { call: redeem.call, token: redeem.token });
    (Redemption::First, Some(Row { spent, ..row.clone() }))
}
