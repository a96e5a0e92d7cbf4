//! Challenges: what a challenge seals and how. It is encrypted, because what
//! was noticed and a picture's answer must not be readable. `solve` decides what completes
//! it.
//!
//! **challenge**: a sealed step, a puzzle or a picture, that the edge sends to
//! the widget.

mod sealed;

use munjigi_keys::{Kid, UnixMillis};
use munjigi_protocol::{Algorithm, AttemptId, Signs};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::labels::{Action, Cdata};
use crate::pictures::RightAnswer;
use crate::seal::{
    Encrypted, FRAME_VERSION, MAX_CHALLENGE_CHARS, NONCE_BYTES, SealError, decode, encode,
};

/// Version of the payload.
const VERSION: u8 = 5;

/// What a challenge seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeClaims {
    /// The attempt that this challenge is a step of.
    pub id: AttemptId,
    /// The root key under which the attempt began; derivations keep using it
    /// after a rotation puts another key first.
    pub root: Kid,
    /// How long the attempt's row is kept, in whole seconds. Copied unchanged
    /// into every later seal of the attempt.
    pub keep_until: UnixMillis,
    /// Which store has the attempt's row; see [`RowAddress`](crate::ports::RowAddress).
    pub store: u16,
    /// The site that the attempt is for.
    pub sitekey: Sitekey,
    /// Host name of the page that embeds the widget.
    pub hostname: Hostname,
    /// What the visitor is doing.
    pub action: Action,
    /// The integrator's own data; siteverify returns it.
    pub cdata: Cdata,
    /// When the attempt began, whole seconds.
    pub issued_at: UnixMillis,
    /// When this step expires, in whole seconds.
    pub expires_at: UnixMillis,
    /// What the visitor's browser, or the visitor, has to do.
    pub step: SealedStep,
    /// The network's pseudonym for the site and the day of `issued_at`.
    pub visitor: [u8; 8],
    /// How the attempt began.
    pub began: Began,
    /// What was noticed so far.
    pub signs: Signs,
    /// What the attempt has to pay in total, and what it has paid.
    pub owed: Owed,
}

/// How an attempt began. Its solution may be posted by another client, with
/// other claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Began {
    /// The address's pseudonym for the site and the day, in 32 bits.
    pub address: u32,
    /// The interaction's pseudonym, where enough of it is known.
    pub trace: Option<u64>,
}

/// What a challenge asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealedStep {
    /// Proof of work: sub-puzzles to solve.
    Puzzle(SealedPuzzle),
    /// A picture to answer.
    Picture(SealedPicture),
}

/// A dealt picture, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPicture {
    /// The right answer; never leaves the seal.
    pub answer: RightAnswer,
    /// The hash of the preceding puzzle. The token states it, and the puzzle of
    /// "another way" uses it.
    pub algorithm: Algorithm,
    /// The first sub-puzzle that no puzzle of the attempt has used yet.
    pub next: u32,
    /// The pack that the picture was dealt from, for the counts.
    pub pack: [u8; 8],
    /// When the picture was dealt, in seconds since 1970.
    pub dealt_at: u64,
}

/// A puzzle: `count` sub-puzzles, numbered from `first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPuzzle {
    /// The hash that nonces are tried with.
    pub algorithm: Algorithm,
    /// Number of the first sub-puzzle.
    pub first: u32,
    /// Number of sub-puzzles, at least 1.
    pub count: u32,
    /// Expected hashes per sub-puzzle.
    pub work: u64,
}

impl SealedPuzzle {
    /// Expected hashes of the whole puzzle.
    pub const fn total(&self) -> u64 {
        self.work.saturating_mul(self.count as u64)
    }
}

/// What an attempt owes in total, and what it has paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Expected hashes required of the attempt in total; only increases.
    pub asked: u64,
    /// Expected hashes proven before this step.
    pub paid: u64,
    /// Number of puzzles before this step.
    pub puzzles: u8,
    /// How the attempt is being earned.
    pub way: Way,
}

/// How an attempt is being earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// By solving a puzzle.
    Puzzle,
    /// By a puzzle that a picture will follow, even if the policy no longer
    /// asks for one by then.
    PictureAhead,
    /// By "another way" instead of the requested picture.
    Another,
}

/// The payload; the order of fields is the order of bytes.
#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    version: u8,
    id: [u8; 16],
    #[serde(borrow)]
    root: &'a str,
    keep_until: u64,
    store: u16,
    sitekey: Sitekey,
    hostname: &'a str,
    action: &'a str,
    cdata: &'a str,
    issued_at: u64,
    expires_at: u64,
    step: sealed::Step,
    visitor: [u8; 8],
    signs: sealed::Signs,
    owed: sealed::Owed,
    began: sealed::Began,
}

impl ChallengeClaims {
    /// Seals the challenge with the first key.
    pub fn seal(&self, authority: &Authority, rng: &mut (impl CryptoRng + ?Sized)) -> String {
        let keys = authority.first();
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let associated = associated(keys.kid);
        Encrypted::encrypt(keys.kid, &keys.challenge, nonce, &associated, &self.payload()).write()
    }

    /// Opens a challenge with the key that sealed it.
    pub fn open(authority: &Authority, text: &str) -> Result<Self, SealError> {
        let mut seal = Encrypted::read(text, MAX_CHALLENGE_CHARS)?;
        let keys = authority.find(seal.kid).ok_or(SealError)?;
        Self::read(seal.decrypt(&keys.challenge, &associated(keys.kid))?)
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        encode(&Payload {
            version: VERSION,
            id: self.id.0,
            root: self.root.as_str(),
            keep_until: self.keep_until.seconds(),
            store: self.store,
            sitekey: self.sitekey,
            hostname: self.hostname.as_str(),
            action: self.action.as_str(),
            cdata: self.cdata.as_str(),
            issued_at: self.issued_at.seconds(),
            expires_at: self.expires_at.seconds(),
            step: sealed::Step::from(&self.step),
            visitor: self.visitor,
            signs: sealed::Signs(self.signs.bits()),
            owed: sealed::Owed::from(self.owed),
            began: sealed::Began::from(self.began),
        })
    }

    pub(crate) fn read(payload: &[u8]) -> Result<Self, SealError> {
        let payload: Payload<'_> = decode(payload)?;
        if payload.version != VERSION || payload.store == 0 {
            return Err(SealError);
        }
        Ok(Self {
            id: AttemptId(payload.id),
            root: Kid::parse(payload.root).ok_or(SealError)?,
            keep_until: UnixMillis::from_seconds(payload.keep_until),
            store: payload.store,
            sitekey: payload.sitekey,
            hostname: Hostname::parse(payload.hostname).map_err(|_| SealError)?,
            action: Action::parse(payload.action).map_err(|_| SealError)?,
            cdata: Cdata::parse(payload.cdata).map_err(|_| SealError)?,
            issued_at: UnixMillis::from_seconds(payload.issued_at),
            expires_at: UnixMillis::from_seconds(payload.expires_at),
            step: payload.step.into(),
            visitor: payload.visitor,
            began: payload.began.into(),
            signs: Signs::of_bits(payload.signs.0),
            owed: payload.owed.into(),
        })
    }
}

/// Kid and version, which travel in the clear, each preceded by its length.
fn associated(kid: Kid) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    for part in [FRAME_VERSION, kid.as_str()] {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}
