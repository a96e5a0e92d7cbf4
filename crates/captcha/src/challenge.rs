//! Challenges: what a challenge seals and how. It is encrypted, because risk
//! and a picture's answer must not be readable. What it takes to complete it
//! is decided in `solve`.

mod sealed;

use munjigi_keys::{Kid, UnixMillis};
use munjigi_protocol::{Algorithm, AttemptId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::host::Hostname;
use crate::keys::Sitekey;
use crate::labels::{Action, Cdata};
use crate::pictures::RightAnswer;
use crate::seal::{
    Encrypted, FRAME_VERSION, MAX_CHALLENGE_CHARS, NONCE_BYTES, SealError, decode, encode,
};

/// Of the payload.
const VERSION: u8 = 2;
/// The previous version, still found in challenges that an edge of the previous
/// release sealed: the length of its step revealed the length of the answer.
const VERSION_BEFORE: u8 = 1;

/// What a challenge seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeClaims {
    /// The attempt.
    pub id: AttemptId,
    /// The root key under which the attempt began; derivations keep using it
    /// after another key became the first.
    pub root: Kid,
    /// Until when the attempt's row is kept, whole seconds. Copied unchanged
    /// into every later seal of the attempt.
    pub keep_until: UnixMillis,
    /// Number of shards when the attempt began.
    pub shards: u16,
    /// The site.
    pub sitekey: Sitekey,
    /// Host of the page.
    pub hostname: Hostname,
    /// What the visitor is doing.
    pub action: Action,
    /// The integrator's data.
    pub cdata: Cdata,
    /// When the attempt began, whole seconds.
    pub issued_at: UnixMillis,
    /// From when this step is too old, whole seconds.
    pub expires_at: UnixMillis,
    /// What is to be done.
    pub step: SealedStep,
    /// The network's pseudonym for the site and the day of `issued_at`.
    pub visitor: [u8; 8],
    /// 0–100; never decreases during an attempt.
    pub risk: u8,
    /// What the attempt has to pay in all.
    pub owed: Owed,
}

/// What a challenge asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealedStep {
    /// Proof of work.
    Puzzle(SealedPuzzle),
    /// A picture.
    Picture(SealedPicture),
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPicture {
    /// The right answer.
    pub answer: RightAnswer,
    /// The hash of the puzzle before it: for the token, and for the puzzle
    /// of "another way".
    pub algorithm: Algorithm,
    /// The first sub-puzzle that no puzzle of the attempt used yet.
    pub next: u32,
    /// The pack it was dealt from, for the counts.
    pub pack: [u8; 8],
    /// When it was dealt, in seconds since 1970.
    pub dealt_at: u64,
}

/// Proof of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPuzzle {
    /// Which hash.
    pub algorithm: Algorithm,
    /// Number of the first sub-puzzle.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// Expected hashes of each.
    pub work: u64,
}

impl SealedPuzzle {
    /// Expected hashes in all.
    pub const fn total(&self) -> u64 {
        self.work.saturating_mul(self.count as u64)
    }
}

/// What an attempt owes in all, and what it has paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Expected hashes required of the attempt in all; only increases.
    pub asked: u64,
    /// Expected hashes that were proven before this step.
    pub paid: u64,
    /// Puzzles before this step.
    pub puzzles: u8,
    /// How the attempt is being earned.
    pub way: Way,
}

/// How an attempt is being earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// By a puzzle.
    Puzzle,
    /// By a puzzle, and a picture will follow, whatever the policy says then.
    PictureAhead,
    /// By "another way" instead of the picture that was asked for.
    Another,
}

/// The payload, in the order of its bytes.
#[derive(Serialize, Deserialize)]
struct Payload<'a, S, O> {
    version: u8,
    id: [u8; 16],
    #[serde(borrow)]
    root: &'a str,
    keep_until: u64,
    shards: u16,
    sitekey: Sitekey,
    hostname: &'a str,
    action: &'a str,
    cdata: &'a str,
    issued_at: u64,
    expires_at: u64,
    step: S,
    visitor: [u8; 8],
    risk: u8,
    owed: O,
}

impl ChallengeClaims {
    /// Seals by the first key.
    pub fn seal(&self, authority: &Authority, rng: &mut (impl CryptoRng + ?Sized)) -> String {
        let keys = authority.first();
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let associated = associated(keys.kid);
        Encrypted::encrypt(keys.kid, &keys.challenge, nonce, &associated, &self.payload()).write()
    }

    /// Opens a challenge with whichever key sealed it.
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
            shards: self.shards,
            sitekey: self.sitekey,
            hostname: self.hostname.as_str(),
            action: self.action.as_str(),
            cdata: self.cdata.as_str(),
            issued_at: self.issued_at.seconds(),
            expires_at: self.expires_at.seconds(),
            step: sealed::Step::from(&self.step),
            visitor: self.visitor,
            risk: self.risk,
            owed: sealed::Owed::from(self.owed),
        })
    }

    pub(crate) fn read(payload: &[u8]) -> Result<Self, SealError> {
        match payload.first() {
            Some(&VERSION) => Self::of(decode::<Payload<'_, sealed::Step, sealed::Owed>>(payload)?),
            Some(&VERSION_BEFORE) => Self::of(decode::<Payload<'_, SealedStep, Owed>>(payload)?),
            _ => Err(SealError),
        }
    }

    fn of<S: Into<SealedStep>, O: Into<Owed>>(
        payload: Payload<'_, S, O>,
    ) -> Result<Self, SealError> {
        if payload.shards == 0 || payload.risk > 100 {
            return Err(SealError);
        }
        Ok(Self {
            id: AttemptId(payload.id),
            root: Kid::parse(payload.root).ok_or(SealError)?,
            keep_until: UnixMillis::from_seconds(payload.keep_until),
            shards: payload.shards,
            sitekey: payload.sitekey,
            hostname: Hostname::parse(payload.hostname).map_err(|_| SealError)?,
            action: Action::parse(payload.action).map_err(|_| SealError)?,
            cdata: Cdata::parse(payload.cdata).map_err(|_| SealError)?,
            issued_at: UnixMillis::from_seconds(payload.issued_at),
            expires_at: UnixMillis::from_seconds(payload.expires_at),
            step: payload.step.into(),
            visitor: payload.visitor,
            risk: payload.risk,
            owed: payload.owed.into(),
        })
    }
}

/// Kid and version, which travel in clear, each with its length.
fn associated(kid: Kid) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    for part in [FRAME_VERSION, kid.as_str()] {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}
