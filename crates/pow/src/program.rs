//! What a program is and how sixteen words of the stream become one. `function`
//! runs it; `codegen` compiles it.

use crate::{
    generator::Generator,
    permutations::{COUNT, Permutation},
};

/// Number of programs in one hash function.
pub(crate) const PROGRAMS: usize = 32;

/// Ten instructions; the eight that vary are stored by slot. The slot
/// determines an instruction's family: slot 0 is `RMCG`, the odd slots shift
/// and combine, the even ones multiply. `BRANCH` comes between slots 6 and 7,
/// `HALT` after slot 7.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// Within the family. Shift and combine: combine (xor, add, sub) + 3 × shift (rotate,
    /// arithmetic, logical). Multiply: or, xor, add. `RMCG`: always 0.
    pub(crate) opcode: [u8; 8],
    /// Destination registers, 0 to 7.
    pub(crate) to: [u8; 8],
    /// Source registers, 0 to 7; 8 or 9 in slot 0.
    pub(crate) from: [u8; 8],
    /// Shift distances and constants, 1 to 63.
    pub(crate) immediate: [u8; 8],
}

/// Splits a seed into the two keys: of the programs, and of the nonces.
pub(crate) fn keys(seed: &[u8; 32]) -> [[u64; 2]; 2] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(seed.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let [a, b, c, d] = words;
    [[a, b], [c, d]]
}

/// Draws the programs of a function one after the other.
pub(crate) struct Programs<'a> {
    stream: Generator,
    permutations: &'a [Permutation; COUNT],
}

impl<'a> Programs<'a> {
    pub(crate) fn new(key: [u64; 2], permutations: &'a [Permutation; COUNT]) -> Self {
        Self { stream: Generator::new(key, u64::MAX), permutations }
    }

    /// The next program of the stream.
    pub(crate) fn draw(&mut self) -> Program {
        let mut words = [0; 16];
        for four in words.as_chunks_mut().0 {
            *four = self.stream.words();
            self.stream.advance();
        }
        decode(&words, self.permutations)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the format takes words apart")]
fn decode(g: &[u64; 16], permutations: &[Permutation; COUNT]) -> Program {
    // Lanes of eight bits: writing bytes and reading them as words would stall
    // the processor.
    let (mut opcode, mut to) = (0, 0);
    for i in 1..8 {
        let (low, high) = (g[i - 1] as u32, (g[i - 1] >> 32) as u32);
        opcode |= u64::from(if i % 2 == 0 { low % 3 } else { low % 9 }) << (8 * i);
        let j = 8 * (high % (i as u32 + 1));
        let moved = to >> j & 7;
        to ^= (moved ^ i as u64) << j;
        to |= moved << (8 * i);
    }
    let permutation = permutations[(g[7] % COUNT as u64) as usize];
    let mut from = 8 + (g[7] & 1);
    let mut immediate = 0;
    for i in 0..8 {
        if i > 0 {
            from |= (to >> (8 * (permutation >> (3 * i) & 7)) & 7) << (8 * i);
        }
        let word = g[8 + i];
        let (long, short) = (word % 63, word % 3);
        let more = if i > 0 && i % 2 == 0 {
            // 1, 9 or 33
            8 * short * short
        } else if opcode >> (8 * i) & 0xff < 3 {
            long
        } else {
            short
        };
        immediate |= (1 + more) << (8 * i);
    }
    Program {
        opcode: opcode.to_le_bytes(),
        to: to.to_le_bytes(),
        from: from.to_le_bytes(),
        immediate: immediate.to_le_bytes(),
    }
}

#[cfg(test)]
mod tests;
