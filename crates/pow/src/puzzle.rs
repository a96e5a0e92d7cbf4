//! The puzzle on top of the hash: sub-puzzles, their seeds and targets,
//! verification and solving. How much work to require, and of whom, is decided
//! elsewhere.
//!
//! **puzzle**: what a browser solves in the background: sub-puzzles, each a search
//! for a nonce whose hash is low enough.

use alloc::vec::Vec;
use core::{error::Error, fmt};

use crate::{EPOCH_LEN, Function, MAX_NONCE, sha256};

/// Hashes below the target count: floor(2^64 / work).
///
/// For work 1 (and 0, which counts as 1) that is 2^64, one more than fits: the
/// result is then `u64::MAX`, and [`counts`] is exact where a comparison with
/// the target would refuse the one hash that equals it.
pub const fn target(work: u64) -> u64 {
    if work <= 1 {
        return u64::MAX;
    }
    let quotient = u64::MAX / work;
    // 2^64 - 1 = quotient × work + (work - 1) exactly when work divides 2^64.
    if work.is_power_of_two() { quotient + 1 } else { quotient }
}

/// Whether a hash is a solution at this work.
pub const fn counts(hash: u64, work: u64) -> bool {
    work <= 1 || hash < target(work)
}

/// The seed of the function that hashes the nonces of one epoch (nonce div [`EPOCH_LEN`]) of one
/// sub-puzzle: SHA-256(`"munjigi/v1/pow"` ‖ id ‖ u32le index ‖ u64le epoch).
pub fn seed(id: &[u8; 16], index: u32, epoch: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    for (bytes, word) in
        seed.as_chunks_mut().0.iter_mut().zip(sha256::digest(b"munjigi/v1/pow", id, index, epoch))
    {
        *bytes = word.to_be_bytes();
    }
    seed
}

/// The hash of a puzzle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HashWX, with a different function per sub-puzzle and epoch.
    HashWx,
    /// SHA-256, for browsers without WebAssembly; see [`sha256`].
    Sha256,
}

/// A puzzle: the solver must find one nonce for each of `count` sub-puzzles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Puzzle {
    /// How nonces are hashed.
    pub algorithm: Algorithm,
    /// The attempt this puzzle belongs to.
    pub id: [u8; 16],
    /// Index of the first sub-puzzle; a further puzzle of the same attempt
    /// continues where the last one ended, so that no nonce counts twice.
    pub first: u32,
    /// Number of sub-puzzles, and of nonces in a solution.
    pub count: u32,
    /// Expected hashes per sub-puzzle.
    pub work: u64,
}

/// Why nonces are not a solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SolutionError {
    /// The number of nonces differs from the number of sub-puzzles.
    WrongCount,
    /// A nonce above [`MAX_NONCE`].
    NonceOutOfRange,
    /// A nonce whose hash does not count.
    NotSolved,
}

impl fmt::Display for SolutionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongCount => "not as many nonces as sub-puzzles",
            Self::NonceOutOfRange => "a nonce is not below 2^48",
            Self::NotSolved => "a nonce's hash is not below the target",
        })
    }
}

impl Error for SolutionError {}

impl Puzzle {
    /// Checks a solution: nonce `i` solves sub-puzzle `first + i`. Cheap checks
    /// come before any hashing, and hashing stops at the first failure.
    pub fn verify(&self, nonces: &[u64]) -> Result<(), SolutionError> {
        if nonces.len() as u64 != u64::from(self.count) {
            return Err(SolutionError::WrongCount);
        }
        if nonces.iter().any(|nonce| *nonce > MAX_NONCE) {
            return Err(SolutionError::NonceOutOfRange);
        }
        let solved = self.indexes().zip(nonces).all(|(index, nonce)| self.accepts(index, *nonce));
        if solved { Ok(()) } else { Err(SolutionError::NotSolved) }
    }

    /// Tries `limit` nonces from `start` on the sub-puzzle `index` (which counts from 0, not from
    /// `first`), on one thread and interpreted: for tools and tests.
    pub fn solve_one(&self, index: u32, start: u64, limit: u64) -> Option<u64> {
        let end = start.saturating_add(limit).min(MAX_NONCE + 1);
        let mut nonce = start;
        while nonce < end {
            let epoch = nonce / EPOCH_LEN;
            let epoch_end = end.min((epoch + 1) * EPOCH_LEN);
            let found = match self.algorithm {
                Algorithm::HashWx => {
                    let function = Function::from_seed(&seed(&self.id, index, epoch));
                    (nonce..epoch_end).find(|nonce| counts(function.hash(*nonce), self.work))
                }
                Algorithm::Sha256 => (nonce..epoch_end)
                    .find(|nonce| counts(sha256::hash(&self.id, index, *nonce), self.work)),
            };
            if found.is_some() {
                return found;
            }
            nonce = epoch_end;
        }
        None
    }

    /// Solves every sub-puzzle. For a sub-puzzle without a solution, which
    /// would take a work near 2^48, the result contains nonce 0.
    pub fn solve(&self) -> Vec<u64> {
        self.indexes()
            .map(|index| self.solve_one(index, 0, MAX_NONCE + 1).unwrap_or_default())
            .collect()
    }

    /// The sub-puzzles' indexes. After the last u32 they continue at 0.
    fn indexes(&self) -> impl Iterator<Item = u32> + use<> {
        let first = self.first;
        (0..self.count).map(move |i| first.wrapping_add(i))
    }

    fn accepts(&self, index: u32, nonce: u64) -> bool {
        let hash = match self.algorithm {
            Algorithm::HashWx => {
                Function::from_seed(&seed(&self.id, index, nonce / EPOCH_LEN)).hash(nonce)
            }
            Algorithm::Sha256 => sha256::hash(&self.id, index, nonce),
        };
        counts(hash, self.work)
    }
}
