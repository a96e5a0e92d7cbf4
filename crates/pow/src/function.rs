//! One hash function and its interpreter, optimised for hashing one nonce once,
//! which is what the verifier does.
//!
//! Which operation an instruction stands for is random, so that a branch on it is mispredicted most
//! of the time. The interpreter therefore branches only where the program does; what differs
//! between operations are factors and masks. This takes a quarter of the time of a `match`.

use crate::{
    generator::{Generator, round},
    permutations::{self, COUNT, Permutation},
    program::{PROGRAMS, Program, Programs, keys},
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
        let mut r = self.registers(nonce);
        let mut memory = [0; 256];
        let mut branches = BRANCHES;
        for (program, eight) in
            self.programs.iter().zip(memory.as_chunks_mut::<8>().0.iter_mut().rev())
        {
            run(program, &mut r, &mut branches, |register| register);
            for (cell, register) in eight.iter_mut().rev().zip(r) {
                *cell = register;
            }
        }
        branches = BRANCHES;
        for program in &self.programs {
            run(program, &mut r, &mut branches, |register| memory[(register >> 3) as usize & 255]);
        }
        let [r0, r1, r2, r3, r4, r5, r6, r7, _, r9, ..] = r;
        round([r0, r1, r2, r3])[3] ^ round([r4, r5, r6, r7])[3] ^ r9
    }

    /// The registers that a nonce starts with. There are ten; sixteen need no bounds check.
    fn registers(&self, nonce: u64) -> Registers {
        let mut stream = Generator::new(self.nonce_key, nonce);
        let [r0, r1, r2, r3] = stream.words();
        stream.advance();
        let [r4, r5, r6, r7] = stream.words();
        [r0, r1, r2, r3, r4, r5, r6, r7, r4 & !7 | 3, r7 & !7 | 5, 0, 0, 0, 0, 0, 0]
    }
}

type Registers = [u64; 16];

/// Runs a program; `source` reads the operand that a source register stands for.
#[inline]
fn run(program: &Program, r: &mut Registers, branches: &mut u32, source: impl Fn(u64) -> u64) {
    loop {
        let (to, from) = operands(program, 0);
        let flag = r[to].wrapping_mul(r[from]).rotate_right(u32::from(program.immediate[0]));
        r[to] = flag;
        for slot in [1, 3, 5] {
            shift_and_combine(program, slot, r, &source);
            multiply(program, slot + 1, r, &source);
        }
        // The counter never exceeds 32: is it not 0, and bit 5 clear?
        if u64::from(*branches) <= flag & 32 {
            break;
        }
        *branches -= 1;
    }
    shift_and_combine(program, 7, r, &source);
}

#[inline]
fn operands(program: &Program, slot: usize) -> (usize, usize) {
    (usize::from(program.to[slot] & 15), usize::from(program.from[slot] & 15))
}

/// How the operations that shift and combine differ, by opcode.
#[derive(Clone, Copy)]
struct Variant {
    /// What is shifted in from above is the value itself (0) or its sign (63) ...
    shifted_in: u8,
    /// ... or nothing (0 instead of -1).
    kept: i8,
    /// How often the source is added,
    source: i8,
    /// and how often the bits in common are subtracted: a ^ b = a + b - 2 (a & b).
    common: i8,
}

static VARIANTS: [Variant; 16] = {
    let mut variants = [Variant { shifted_in: 0, kept: 0, source: 0, common: 0 }; 16];
    let mut opcode = 0;
    while opcode < 9 {
        variants[opcode] = Variant {
            shifted_in: if opcode / 3 == 1 { 63 } else { 0 },
            kept: if opcode / 3 == 2 { 0 } else { -1 },
            source: if opcode % 3 == 2 { -1 } else { 1 },
            common: if opcode % 3 == 0 { 2 } else { 0 },
        };
        opcode += 1;
    }
    variants
};

#[inline]
fn shift_and_combine(
    program: &Program,
    slot: usize,
    r: &mut Registers,
    source: &impl Fn(u64) -> u64,
) {
    let (to, from) = operands(program, slot);
    let variant = &VARIANTS[usize::from(program.opcode[slot] & 15)];
    let distance = u32::from(program.immediate[slot] & 63);
    let (d, s) = (r[to], source(r[from]));
    let above = (d.cast_signed() >> (variant.shifted_in & 63)) & i64::from(variant.kept);
    let shifted = d >> distance | above.cast_unsigned() << (distance.wrapping_neg() & 63);
    r[to] = shifted
        .wrapping_add(s.wrapping_mul(i64::from(variant.source).cast_unsigned()))
        .wrapping_sub((shifted & s).wrapping_mul(i64::from(variant.common).cast_unsigned()));
}

/// Which of or, xor and add an opcode applies its constant with.
static APPLIES: [[u8; 4]; 4] = [[0xff, 0, 0, 0], [0, 0xff, 0, 0], [0, 0, 0xff, 0], [0; 4]];

#[inline]
fn multiply(program: &Program, slot: usize, r: &mut Registers, source: &impl Fn(u64) -> u64) {
    let (to, from) = operands(program, slot);
    let applies = APPLIES[usize::from(program.opcode[slot] & 3)];
    let [or, xor, add, _] = applies.map(|mask| u64::from(mask & program.immediate[slot]));
    let (d, s) = (r[to], source(r[from]));
    r[to] = ((d | or) ^ xor).wrapping_add(add).wrapping_mul(s);
}
