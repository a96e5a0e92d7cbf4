//! The row of an attempt as a state machine: what each operation answers and
//! what it leaves in the row. Pure: the object at the edge and the fake in
//! tests both call it inside their transaction.
//!
//! Four facts hold however requests interleave. A token is spent once per
//! attempt, whatever else was sealed under its id. Once a picture was asked,
//! only a token that was earned through it (or its paid alternative) is
//! redeemable. Once more work was asked, only a token that paid for it is.
//! One answer is tried per attempt, and choosing the alternative is an answer
//! too.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, AttemptId, Redeemed as RedeemedEvent};
use serde::{Deserialize, Serialize};

use crate::keys::{SecretHash, Sitekey};

/// What is kept about an attempt. No row is the same as [`Row::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// A picture was asked.
    pub stepped: bool,
    /// Expected hashes that a token must have paid in all, below 2^53; only
    /// increases.
    pub owed: u64,
    /// The one answer that may be tried.
    pub answer: Option<AnswerHash>,
    /// By what the attempt was spent.
    pub spent: Option<Spent>,
    /// Calls that were refused because the attempt was spent.
    pub rejected: u32,
}

/// How an attempt was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// A redemption that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
    /// The call: a repeat of it gets the first answer again.
    pub call: CallHash,
    /// The token.
    pub token: TokenHash,
    /// The secret that was presented, for the deny list.
    pub secret: SecretHash,
    /// Expected hashes that the token paid in all. Not part of this struct's
    /// bytes, which an object of an older release reads: a caller sends it
    /// beside them.
    #[serde(skip)]
    pub paid: u64,
    /// What the token says, for the record.
    pub facts: TokenFacts,
}

/// What a token says, as it goes into the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The site.
    pub sitekey: Sitekey,
    /// Host name of the page.
    pub hostname: String,
    /// The action, may be empty.
    pub action: String,
    /// When it was solved, in milliseconds.
    pub solved_at: u64,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// Whether the token was earned through a picture or its alternative.
    pub stepped: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// The country's code, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}

impl TokenFacts {
    /// The durable event of a first redemption.
    pub fn event(&self, id: AttemptId, redeemed_at: UnixMillis) -> RedeemedEvent {
        RedeemedEvent {
            id,
            redeemed_at: redeemed_at.0,
            solved_at: self.solved_at,
            sitekey: self.sitekey.to_string(),
            hostname: self.hostname.clone(),
            action: self.action.clone(),
            score: self.score,
            interactive: self.interactive,
            stepped: self.stepped,
            algorithm: self.algorithm,
            country: self.country.clone(),
            asn: self.asn,
            rejected: 0,
        }
    }
}

/// Why an operation on a row is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotAllowed {
    /// The attempt is past its `keep_until` by the store's own clock: its
    /// row may be swept, so nothing can be said about it any more.
    Late,
    /// A picture was asked, and this token was earned without it.
    Stepped,
    /// The deny list names the secret.
    DeniedSecret,
    /// The deny list names the site or the attempt.
    DeniedAttempt,
    /// More work was asked than this token paid.
    Unpaid,
}

/// What the deny list, which the store reads, says of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Nothing.
    None,
    /// The secret is revoked.
    Secret,
    /// The site or the attempt is revoked.
    Attempt,
}

/// The answer to `step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stepped {
    /// The row says so now. A repeat is no different.
    Noted,
    /// The attempt was spent before: there is nothing left to ask for.
    Spent,
    /// See [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `owe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owing {
    /// The row says so now.
    Noted {
        /// Expected hashes that a token must have paid in all: what was asked
        /// just now, or more where more was asked before.
        owed: u64,
    },
    /// The attempt was spent before: there is nothing left to ask for.
    Spent,
    /// See [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `attempt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempted {
    /// The first answer: compare it.
    First,
    /// The same answer again: compare it again, which gives the same outcome.
    Same,
    /// Another answer was tried before.
    Exhausted,
    /// See [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// The answer to `redeem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redeemed {
    /// Spent by this call, now.
    First,
    /// Spent by this very call before; its answer is to be repeated.
    Repeat,
    /// Spent by another call.
    Spent,
    /// See [`NotAllowed`].
    NotAllowed(NotAllowed),
}

/// An answer, and the row to write; `None` where nothing changes.
pub type Change<A> = (A, Option<Row>);

/// A picture is asked of an attempt.
pub fn step(row: &Row, keep_until: UnixMillis, now: UnixMillis) -> Change<Stepped> {
    if now > keep_until {
        return (Stepped::NotAllowed(NotAllowed::Late), None);
    }
    if row.spent.is_some() {
        return (Stepped::Spent, None);
    }
    if row.stepped {
        return (Stepped::Noted, None);
    }
    (Stepped::Noted, Some(Row { stepped: true, ..row.clone() }))
}

/// More work is asked of an attempt: from now on no token is redeemable that
/// paid less than `least` expected hashes in all.
pub fn owe(row: &Row, keep_until: UnixMillis, now: UnixMillis, least: u64) -> Change<Owing> {
    if now > keep_until {
        return (Owing::NotAllowed(NotAllowed::Late), None);
    }
    if row.spent.is_some() {
        return (Owing::Spent, None);
    }
    if row.owed >= least {
        return (Owing::Noted { owed: row.owed }, None);
    }
    (Owing::Noted { owed: least }, Some(Row { owed: least, ..row.clone() }))
}

/// An answer is about to be compared.
pub fn attempt(
    row: &Row,
    keep_until: UnixMillis,
    now: UnixMillis,
    answer: &AnswerHash,
) -> Change<Attempted> {
    if now > keep_until {
        return (Attempted::NotAllowed(NotAllowed::Late), None);
    }
    match &row.answer {
        None => (Attempted::First, Some(Row { answer: Some(*answer), ..row.clone() })),
        Some(tried) if tried == answer => (Attempted::Same, None),
        Some(_) => (Attempted::Exhausted, None),
    }
}

/// A token is to be spent. The deny list is looked at first, also for a
/// repeat: what is revoked gives no good answer any more.
pub fn redeem(
    row: &Row,
    keep_until: UnixMillis,
    now: UnixMillis,
    denial: Denial,
    redeem: &Redeem,
) -> Change<Redeemed> {
    let not_allowed = |why| (Redeemed::NotAllowed(why), None);
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
            return (Redeemed::Repeat, None);
        }
        let rejected = row.rejected.saturating_add(1);
        return (Redeemed::Spent, Some(Row { rejected, ..row.clone() }));
    }
    if row.stepped && !redeem.facts.stepped {
        return not_allowed(NotAllowed::Stepped);
    }
    if redeem.paid < row.owed {
        return not_allowed(NotAllowed::Unpaid);
    }
    let spent = Some(Spent { call: redeem.call, token: redeem.token });
    (Redeemed::First, Some(Row { spent, ..row.clone() }))
}
