//! What a program is and how sixteen words of the stream become one.
//! Running it is the business of `function`; compiling it, of `codegen`.

use crate::{
    generator::Generator,
    permutations::{COUNT, Permutation},
};

/// Programs in one hash function.
pub(crate) const PROGRAMS: usize = 32;

/// What an instruction does with two values, by its WebAssembly opcode.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Operation {
    Add = 0x7c,
    Sub = 0x7d,
    Mul = 0x7e,
    Or = 0x84,
    Xor = 0x85,
    ShiftSigned = 0x87,
    Shift = 0x88,
    Rotate = 0x8a,
}

/// One instruction that writes a register: `to = (to first immediate) second from`, except in slot 0
/// (`RMCG`), where `second` comes first.
///
/// The family follows from the slot: slot 0 is `RMCG`, the odd slots shift and combine, the even
/// ones multiply. Between slots 6 and 7 stands `BRANCH`, after slot 7 `HALT`.
#[derive(Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) first: Operation,
    pub(crate) second: Operation,
    /// Destination register, 0 to 7.
    pub(crate) to: u8,
    /// Source register, 0 to 7; 8 or 9 in slot 0.
    pub(crate) from: u8,
    /// 1 to 63.
    pub(crate) immediate: u8,
}

/// Ten instructions, the eight of them that vary.
pub(crate) type Program = [Instruction; 8];

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
    use Operation::{Add, Mul, Or, Rotate, Shift, ShiftSigned, Sub, Xor};

    let mut program = [Instruction {
        first: Rotate,
        second: Mul,
        to: 0,
        from: 8 + (g[7] & 1) as u8,
        immediate: 0,
    }; 8];
    for i in 1..8 {
        let word = g[i - 1];
        let low = word as u32;
        if i % 2 == 0 {
            program[i].first = [Or, Xor, Add][low as usize % 3];
        } else {
            program[i].first = [Rotate, ShiftSigned, Shift][low as usize % 9 / 3];
            program[i].second = [Xor, Add, Sub][low as usize % 3];
        }
        let j = (word >> 32) as usize % (i + 1);
        program[i].to = program[j].to;
        program[j].to = i as u8;
    }
    let permutation = permutations[(g[7] % COUNT as u64) as usize];
    for i in 0..8 {
        if i > 0 {
            program[i].from = program[(permutation >> (3 * i)) as usize & 7].to;
        }
        let word = g[8 + i];
        program[i].immediate = if program[i].first == Rotate {
            1 + (word % 63) as u8
        } else if i % 2 == 0 {
            [1, 9, 33][(word % 3) as usize]
        } else {
            1 + (word % 3) as u8
        };
    }
    program
}

#[cfg(test)]
mod tests;
