#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![no_std]

extern crate alloc;

pub mod codegen;
mod function;
mod generator;
mod permutations;
mod program;
mod puzzle;
pub mod sha256;

pub use function::Function;
pub use puzzle::{Algorithm, Puzzle, SolutionError, counts, seed, target};
pub use sha256::WORK as SHA256_WORK;

/// Nonces served by one hash function; the next epoch of a sub-puzzle has another program.
pub const EPOCH_LEN: u64 = 65_536;

/// The greatest nonce: every number below 2^48 is exact in JavaScript.
pub const MAX_NONCE: u64 = (1 << 48) - 1;
