//! Compiles the function of a seed to a WebAssembly module: what a browser's engine runs at native
//! speed. Every visitor downloads this generator, so it is written for size: whatever does not
//! depend on the seed stands in [`FRAME`] as bytes.
//!
//! The module imports nothing and exports
//!
//! - `hash(nonce: i64) -> i64`
//! - `search(start: i64, count: i32, target: i64) -> i64`: the first nonce of `count` from `start`
//!   whose hash is below the target, or -1. Searching in slices gives progress.

use alloc::vec::Vec;

use crate::{
    permutations,
    program::{PROGRAMS, Program, Programs, keys},
};

/// Everything before the first instruction of `hash`.
const FRAME: &[u8] = &[
    b'\0', b'a', b's', b'm', 1, 0, 0, 0, //
    1, 13, 2, // types: i64 -> i64; i64 i32 i64 -> i64
    0x60, 1, 0x7e, 1, 0x7e, //
    0x60, 3, 0x7e, 0x7f, 0x7e, 1, 0x7e, //
    3, 3, 2, 1, 0, // function 0, of type 1, is `search`; function 1, of type 0, is `hash`
    5, 4, 1, 1, 1, 1, // one page of memory, never more
    7, 17, 2, // exports
    6, b's', b'e', b'a', b'r', b'c', b'h', 0, 0, //
    4, b'h', b'a', b's', b'h', 0, 1, //
    10, 0x80, 0x80, 0, 2, // code: size (patched), two functions
    43, 0, // `search`
    LOOP, 0x7e, //
    GET, 1, 0x45, 0x04, 0x40, I64_CONST, 0x7f, 0x0f, END, // if count is 0: return -1
    GET, 0, 0x10, 1, GET, 2, 0x54, 0x04, 0x40, GET, 0, 0x0f,
    END, // if hash < target: return it
    GET, 0, I64_CONST, 1, ADD, SET, 0, // the next nonce
    GET, 1, I32_CONST, 1, 0x6b, SET, 1, //
    0x0c, 0, END, END, //
    0x80, 0x80, 0, // `hash`: size (patched)
    2, 10, 0x7e, 1, 0x7f, // ten registers, the branch counter
];
const CODE_SIZE: usize = 54;
const HASH_SIZE: usize = FRAME.len() - 8;

const LOOP: u8 = 0x03;
const END: u8 = 0x0b;
const GET: u8 = 0x20;
const SET: u8 = 0x21;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const ADD: u8 = 0x7c;
const SUB: u8 = 0x7d;
const MUL: u8 = 0x7e;
const AND: u8 = 0x83;
const OR: u8 = 0x84;
const XOR: u8 = 0x85;
const SHR_S: u8 = 0x87;
const SHR_U: u8 = 0x88;
const ROTL: u8 = 0x89;
const ROTR: u8 = 0x8a;

/// Locals of `hash`: the nonce, r0 to r9, the branch counter.
const NONCE: u8 = 0;
const R: u8 = 1;
const COUNTER: u8 = 11;

/// Appends the module of the seed's function to `out`.
pub fn module(seed: &[u8; 32], out: &mut Vec<u8>) {
    let [program_key, nonce_key] = keys(seed);
    let start = out.len();
    out.extend_from_slice(FRAME);
    registers(out, nonce_key);
    let list = permutations::list();
    let mut stream = Programs::new(program_key, &list);
    let programs: [Program; PROGRAMS] = core::array::from_fn(|_| stream.draw());
    for memory in [false, true] {
        out.extend([I32_CONST, 32, SET, COUNTER]);
        for (i, program) in programs.iter().enumerate() {
            run(out, program, memory);
            if !memory {
                for j in 0..8 {
                    let address = 8 * (255 - 8 * i - j);
                    // i64.store, aligned
                    out.extend([I32_CONST, 0, GET, R + j as u8, 0x37, 3]);
                    out.extend([0x80 | address as u8, (address >> 7) as u8]);
                }
            }
        }
    }
    round(out, [R, R + 1, R + 2, R + 3]);
    round(out, [R + 4, R + 5, R + 6, R + 7]);
    out.extend([GET, R + 3, GET, R + 7, XOR, GET, R + 9, XOR, END]);
    for at in [CODE_SIZE, HASH_SIZE] {
        let size = out.len() - start - at - 3;
        for (i, byte) in out[start + at..start + at + 3].iter_mut().enumerate() {
            *byte |= (size >> (7 * i)) as u8 & 0x7f;
        }
    }
}

/// Sets r0 to r9 from the nonce. The state of the stream, v0 to v3, is kept in r7 to r4, where its
/// second output belongs.
fn registers(out: &mut Vec<u8>, [k0, k1]: [u64; 2]) {
    const V: [u8; 4] = [R + 7, R + 6, R + 5, R + 4];
    const START: [u64; 4] = [
        0x736f_6d65_7073_6575,
        0x646f_7261_6e64_6f6d,
        0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    for (v, word) in V.into_iter().zip([START[0] ^ k0, START[1] ^ k1, START[2] ^ k0, START[3] ^ k1])
    {
        constant(out, word);
        out.extend([SET, v]);
    }
    binary(out, V[3], [GET, NONCE], XOR);
    round(out, V);
    binary(out, V[0], [GET, NONCE], XOR);
    out.extend([GET, V[2], I64_CONST, 0xbb, 1, XOR, SET, V[2]]);
    for _ in 0..3 {
        round(out, V);
    }
    for i in 0..4 {
        out.extend([GET, R + 4 + i, SET, R + i]);
    }
    for (v, word) in V.into_iter().zip([k0, k1, k0, k1]) {
        out.extend([GET, v]);
        constant(out, word);
        out.extend([XOR, SET, v]);
    }
    for _ in 0..4 {
        round(out, V);
    }
    for (to, from, low) in [(R + 8, R + 4, 3), (R + 9, R + 7, 5)] {
        out.extend([GET, from, SET, to]);
        binary(out, to, [I64_CONST, 0x78], AND);
        binary(out, to, [I64_CONST, low], OR);
    }
}

fn run(out: &mut Vec<u8>, program: &Program, memory: bool) {
    out.extend([LOOP, 0x40]);
    for (slot, x) in program.iter().enumerate() {
        let to = R + x.to;
        if slot == 7 {
            // The branch: the counter never exceeds 32, so one comparison asks whether it is not 0
            // and bit 5 is clear.
            out.extend([GET, COUNTER, GET, R + program[0].to, 0xa7, I32_CONST, 32, 0x71, 0x4b]);
            out.extend([0x04, 0x40, GET, COUNTER, I32_CONST, 1, 0x6b, SET, COUNTER, 0x0c, 1, END]);
        }
        out.extend([GET, to]);
        let opcode = usize::from(x.opcode);
        let (first, second) = if slot == 0 {
            out.extend([GET, R + x.from, MUL, I64_CONST, x.immediate, ROTR, SET, to]);
            continue;
        } else if slot % 2 == 0 {
            ([OR, XOR, ADD][opcode % 3], MUL)
        } else {
            ([ROTR, SHR_S, SHR_U][opcode / 3 % 3], [XOR, ADD, SUB][opcode % 3])
        };
        out.extend([I64_CONST, x.immediate, first, GET, R + x.from]);
        if memory {
            out.extend([0xa7, I32_CONST, 0xf8, 0x0f, 0x71, 0x29, 3, 0]);
        }
        out.extend([second, SET, to]);
    }
    out.push(END);
}

/// One round of the stream over four locals.
fn round(out: &mut Vec<u8>, v: [u8; 4]) {
    const STEPS: [(u8, u8, u8); 14] = [
        (0, 1, ADD),
        (2, 3, ADD),
        (1, 13, ROTL),
        (3, 16, ROTL),
        (1, 0, XOR),
        (3, 2, XOR),
        (0, 32, ROTL),
        (2, 1, ADD),
        (0, 3, ADD),
        (1, 17, ROTL),
        (3, 21, ROTL),
        (1, 2, XOR),
        (3, 0, XOR),
        (2, 32, ROTL),
    ];
    for (to, operand, operation) in STEPS {
        let operand = if operation == ROTL {
            [I64_CONST, operand]
        } else {
            [GET, v[usize::from(operand) & 3]]
        };
        binary(out, v[usize::from(to) & 3], operand, operation);
    }
}

/// Combines a local with an operand of two bytes.
fn binary(out: &mut Vec<u8>, local: u8, [kind, value]: [u8; 2], operation: u8) {
    out.extend([GET, local, kind, value, operation, SET, local]);
}

/// A 64-bit constant, always in ten bytes.
fn constant(out: &mut Vec<u8>, word: u64) {
    out.push(I64_CONST);
    for i in 0..9 {
        out.push(0x80 | (word >> (7 * i)) as u8);
    }
    out.push(if word >> 63 == 0 { 0 } else { 0x7f });
}
