//! The generator and the interpreter as a WebAssembly library without imports, for the scripts that
//! compare and measure them in JavaScript engines: `tests/journeys/pow.test.mjs` and
//! `benches/engine.mjs`.
//!
//! A seed crosses as its four little-endian words.
#![expect(unsafe_code, reason = "exported names are unsafe attributes")]

use std::{
    hint::black_box,
    sync::{Mutex, PoisonError},
};

use munjigi_pow::{Algorithm, Function, Puzzle, codegen};

static MODULE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn seed(words: [u64; 4]) -> [u8; 32] {
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    seed
}

/// Generates the module of a seed; returns its address and, in the upper half,
/// its size. It stays valid until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn module(a: u64, b: u64, c: u64, d: u64) -> u64 {
    let mut module = MODULE.lock().unwrap_or_else(PoisonError::into_inner);
    module.clear();
    codegen::module(&seed([a, b, c, d]), &mut module);
    (module.len() as u64) << 32 | module.as_ptr().addr() as u64
}

/// Interprets one hash.
#[unsafe(no_mangle)]
pub extern "C" fn hash(a: u64, b: u64, c: u64, d: u64, nonce: u64) -> u64 {
    Function::from_seed(&seed([a, b, c, d])).hash(nonce)
}

/// Verifies solutions of 16 sub-puzzles, each of another attempt; returns how
/// many were right.
#[unsafe(no_mangle)]
pub extern "C" fn verify(solutions: u32) -> u32 {
    (0..solutions)
        .map(|i| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&i.to_le_bytes());
            let puzzle = Puzzle { algorithm: Algorithm::HashWx, id, first: 0, count: 16, work: 1 };
            u32::from(puzzle.verify(black_box(&[u64::from(i); 16])).is_ok())
        })
        .sum()
}
