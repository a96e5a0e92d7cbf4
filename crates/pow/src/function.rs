//! One hash function and its interpreter, made for running a function once: the verifier's case.

use crate::{
    generator::{Generator, round},
    permutations::{self, COUNT, Permutation},
    program::{Operation, PROGRAMS, Program, Programs, keys},
};

/// The verifier must not walk the list for every function.
static PERMUTATIONS: [Permutation; COUNT] = permutations::list();

/// How often the branches of one pass may be taken.
const BRANCHES: u32 = 32;

/// One hash function of the family: its programs and the key that its nonces are hashed under.
pub struct Function {
    programs: [Program; PROGRAMS],
    nonce_key: [u64; 2],
}

impl Function {
    /// Generates the function of a seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let [program_key, nonce_key] = keys(seed);
        let mut stream = Programs::new(program_key, &PERMUTATIONS);
        Self { programs: core::array::from_fn(|_| stream.draw()), nonce_key }
    }

    /// Hashes a nonce.
    pub fn hash(&self, nonce: u64) -> u64 {
        let mut stream = Generator::new(self.nonce_key, nonce);
        let [r0, r1, r2, r3] = stream.words();
        stream.advance();
        let [r4, r5, r6, r7] = stream.words();
        let mut r = [r0, r1, r2, r3, r4, r5, r6, r7, r4 & !7 | 3, r7 & !7 | 5, 0, 0, 0, 0, 0, 0];
        let mut memory = [0; 256];

        let mut branches = BRANCHES;
        for (i, program) in self.programs.iter().enumerate() {
            run(program, &mut r, &mut branches, |register| register);
            for j in 0..8 {
                memory[(255 - 8 * i - j) & 255] = r[j];
            }
        }
        branches = BRANCHES;
        for program in &self.programs {
            run(program, &mut r, &mut branches, |register| memory[(register >> 3) as usize & 255]);
        }
        let low = round([r[0], r[1], r[2], r[3]]);
        let high = round([r[4], r[5], r[6], r[7]]);
        low[3] ^ high[3] ^ r[9]
    }
}

#[inline(always)]
fn run(program: &Program, r: &mut [u64; 16], branches: &mut u32, source: impl Fn(u64) -> u64) {
    loop {
        for (slot, x) in program.iter().enumerate() {
            let d = r[x.to as usize & 15];
            let s = r[x.from as usize & 15];
            let imm = u64::from(x.immediate);
            r[x.to as usize & 15] = if slot == 0 {
                d.wrapping_mul(s).rotate_right(imm as u32)
            } else {
                apply(x.second, apply(x.first, d, imm), source(s))
            };
            if slot == 6 && *branches != 0 && r[program[0].to as usize & 15] & 32 == 0 {
                *branches -= 1;
                break;
            }
            if slot == 7 {
                return;
            }
        }
    }
}

#[inline(always)]
fn apply(operation: Operation, a: u64, b: u64) -> u64 {
    match operation {
        Operation::Add => a.wrapping_add(b),
        Operation::Sub => a.wrapping_sub(b),
        Operation::Mul => a.wrapping_mul(b),
        Operation::Or => a | b,
        Operation::Xor => a ^ b,
        Operation::ShiftSigned => (a.cast_signed() >> (b & 63)).cast_unsigned(),
        Operation::Shift => a >> (b & 63),
        Operation::Rotate => a.rotate_right(b as u32),
    }
}
