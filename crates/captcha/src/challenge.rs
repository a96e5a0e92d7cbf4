//! Challenges: what a challenge seals and how.

use munjigi_protocol::{Algorithm, Answer, AttemptId};

use crate::host::Hostname;
use crate::keys::Sitekey;
use crate::labels::{Action, Cdata};
use crate::ring::Kid;
use crate::time::UnixMillis;

/// What a challenge seals.
#[derive(Debug, Clone, PartialEq)]
pub struct ChallengeClaims {
    /// The attempt.
    pub id: AttemptId,
    /// The root key under which the attempt began; derivations use it.
    pub root: Kid,
    /// Until when the attempt's row is kept, whole seconds.
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
    /// When this challenge was made, whole seconds.
    pub issued_at: UnixMillis,
    /// From when it is too old, whole seconds.
    pub expires_at: UnixMillis,
    /// What is to be done.
    pub step: SealedStep,
    /// The network's pseudonym for the site and day.
    pub visitor: [u8; 8],
    /// 0–100, as it was when the attempt began or worse.
    pub risk: u8,
    /// What the attempt is asked for in all.
    pub owed: Owed,
}

/// What a challenge asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum SealedStep {
    /// Proof of work.
    Puzzle {
        /// Which hash.
        algorithm: Algorithm,
        /// Number of the first sub-puzzle.
        first: u32,
        /// How many.
        count: u32,
        /// Expected hashes of each.
        work: u64,
    },
    /// A picture.
    Picture {
        /// The right answer.
        answer: Answer,
    },
}

/// What an attempt owes beside the step at hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owed {
    /// Expected hashes that were proven in earlier puzzles.
    pub paid: u64,
}
