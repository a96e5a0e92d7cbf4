//! What a program is and how sixteen words of the stream become one.
//! Running it is the business of `function`; compiling it, of `codegen`.

use crate::{
    generator::Generator,
    permutations::{COUNT, Permutation},
};

/// Programs in one hash function.
pub(crate) const PROGRAMS: usize = 32;

/// One instruction that writes a register. Which family it belongs to follows from its slot: slot 0
/// is `RMCG`, the odd slots shift and combine, the even ones multiply; between slots 6 and 7
/// stands `BRANCH`, after slot 7 `HALT`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Instruction {
    /// Within the family. Shift and combine: combine (xor, add, sub) + 3 × shift (rotate,
    /// arithmetic, logical). Multiply: or, xor, add. `RMCG`: always 0.
    pub(crate) opcode: u8,
    /// Destination register, 0 to 7.
    pub(crate) to: u8,
    /// Source register, 0 to 7; 8 or 9 for `RMCG`.
    pub(crate) from: u8,
    /// Shift distance or constant.
    pub(crate) immediate: u8,
}

/// Ten instructions, the eight of them that vary.
pub(crate) type Program = [Instruction; 8];

/// Splits a seed into the two keys: of the programs, and of the nonces.
pub(crate) fn keys(seed: &[u8; 32]) -> [[u64; 2]; 2] {
    let word = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&seed[8 * at..8 * at + 8]);
        u64::from_le_bytes(bytes)
    };
    [[word(0), word(1)], [word(2), word(3)]]
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
        for four in words.chunks_exact_mut(4) {
            four.copy_from_slice(&self.stream.words());
            self.stream.advance();
        }
        decode(&words, self.permutations)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what the format asks for")]
fn decode(g: &[u64; 16], permutations: &[Permutation; COUNT]) -> Program {
    let mut program = Program::default();
    for i in 1..8 {
        let (low, high) = (g[i - 1] as u32, (g[i - 1] >> 32) as u32);
        program[i].opcode = (if i % 2 == 1 { low % 9 } else { low % 3 }) as u8;
        let j = (high % (i as u32 + 1)) as usize & 7;
        program[i].to = program[j].to;
        program[j].to = i as u8;
    }
    let permutation = permutations[(g[7] % COUNT as u64) as usize];
    program[0].from = 8 + (g[7] & 1) as u8;
    program[0].immediate = 1 + (g[8] % 63) as u8;
    for i in 1..8 {
        program[i].from = program[(permutation >> (3 * i)) as usize & 7].to;
        let word = g[8 + i];
        program[i].immediate = if i % 2 == 0 {
            [1, 9, 33][(word % 3) as usize]
        } else if program[i].opcode < 3 {
            1 + (word % 63) as u8
        } else {
            1 + (word % 3) as u8
        };
    }
    program
}

#[cfg(test)]
mod tests;
