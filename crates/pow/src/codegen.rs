//! Compiles the function of a seed to a WebAssembly module, which a browser's
//! engine runs at native speed. Every visitor downloads this generator, so it
//! is written for size: everything that does not depend on the seed is in
//! [`FRAME`] as bytes.
//!
//! The module imports nothing, has the same size for every seed, and exports
//!
//! - `hash(nonce: i64) -> i64`
//! - `search(start: i64, count: i32, target: i64) -> i64`: the first nonce of `count` from `start`
//!   whose hash is below the target, or -1. Searching in slices gives progress.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers are taken apart into bytes"
)]

use alloc::vec::Vec;
use core::slice;

use crate::{
    generator::keyed,
    permutations,
    program::{PROGRAMS, Program, Programs, keys},
};

/// Everything before the first instruction of `hash`.
#[rustfmt::skip]
const FRAME: &[u8] = &[
    b'\0', b'a', b's', b'm', 1, 0, 0, 0,
    1, 13, 2, // types: i64 -> i64; i64 i32 i64 -> i64
        0x60, 1, 0x7e, 1, 0x7e,
        0x60, 3, 0x7e, 0x7f, 0x7e, 1, 0x7e,
    3, 3, 2, 1, 0, // function 0, of type 1, is `search`; function 1, of type 0, is `hash`
    5, 4, 1, 1, 1, 1, // one page of memory, never more
    7, 17, 2, // exports
        6, b's', b'e', b'a', b'r', b'c', b'h', 0, 0,
        4, b'h', b'a', b's', b'h', 0, 1,
    10, leb(CODE)[0], leb(CODE)[1], 2, // code of two functions
    43, 0, // `search`: no locals of its own
        0x03, 0x7e, // loop
            GET, 1, 0x45, 0x04, 0x40, CONST, 0x7f, 0x0f, 0x0b, // if count is 0: return -1
            GET, 0, 0x10, 1, GET, 2, 0x54, 0x04, 0x40, GET, 0, 0x0f, 0x0b, // if hash < target: return
            GET, 0, CONST, 1, ADD, SET, 0, // the next nonce
            GET, 1, 0x41, 1, 0x6b, SET, 1, // one less to try
        0x0c, 0, 0x0b, 0x0b, // continue the loop
    leb(HASH)[0], leb(HASH)[1], // `hash`
        2, 11, 0x7e, 1, 0x7f, // eleven locals of 64 bits, one of 32
];

/// Bytes of the code section, and of `hash` within it: the same for every seed.
const CODE: usize = 47 + HASH;
const HASH: usize = 14_774;

/// Bytes of a module.
pub const SIZE: usize = FRAME.len() - 5 + HASH;

/// The part of the module that is not written yet.
type Out<'a> = slice::IterMut<'a, u8>;

const CONST: u8 = 0x42;
const GET: u8 = 0x20;
const SET: u8 = 0x21;
const ADD: u8 = 0x7c;
const SUB: u8 = 0x7d;
const MUL: u8 = 0x7e;
const OR: u8 = 0x84;
const XOR: u8 = 0x85;
const SHR_S: u8 = 0x87;
const SHR_U: u8 = 0x88;
const ROTR: u8 = 0x8a;

/// Locals of `hash`: the nonce, r0 to r9, a 64-bit scratch, the branch counter.
const NONCE: u8 = 0;
const R: u8 = 1;
const SCRATCH: u8 = 11;
const COUNTER: u8 = 12;

/// The state of the stream, v0 to v3, is kept where its second output belongs: r7 to r4.
const V: [u8; 4] = [R + 7, R + 6, R + 5, R + 4];

/// Appends the module of the seed's function to `out`.
pub fn module(seed: &[u8; 32], out: &mut Vec<u8>) {
    out.resize(out.len() + SIZE, 0);
    if let Some(module) = out.last_chunk_mut() {
        write(seed, module);
    }
}

/// Writes the module of the seed's function, without allocating.
pub fn write(seed: &[u8; 32], module: &mut [u8; SIZE]) {
    let [program_key, nonce_key] = keys(seed);
    let out = &mut module.iter_mut();
    put(out, FRAME);
    registers(out, nonce_key);
    let list = permutations::list();
    for memory in [false, true] {
        put(out, &[0x41, 32, SET, COUNTER]);
        let mut programs = Programs::new(program_key, &list);
        let mut address = 8 * 256;
        for _ in 0..PROGRAMS {
            run(out, &programs.draw(), memory);
            for j in 0..8 {
                if !memory {
                    address -= 8;
                    // i64.store, aligned, at a constant address
                    let [low, high] = leb(address);
                    put(out, &[0x41, 0, GET, R + j, 0x37, 3, low, high]);
                }
            }
        }
    }
    round(out, [R, R + 1, R + 2, R + 3]);
    round(out, [R + 4, R + 5, R + 6, R + 7]);
    binary(out, R + 3, GET, R + 7, XOR);
    binary(out, R + 3, GET, R + 9, XOR);
    put(out, &[GET, R + 3, 0x0b]);
}

/// Sets r0 to r9, which are 0 as all locals are at first, from the nonce.
fn registers(out: &mut Out, key: [u64; 2]) {
    let [k0, k1] = key;
    mix(out, keyed(key));
    binary(out, V[3], GET, NONCE, XOR);
    round(out, V);
    binary(out, V[0], GET, NONCE, XOR);
    mix(out, [0, 0, 0xbb, 0]);
    for _ in 0..3 {
        round(out, V);
    }
    for i in 0..4 {
        binary(out, R + i, GET, R + 4 + i, OR);
    }
    mix(out, [k0, k1, k0, k1]);
    for _ in 0..4 {
        round(out, V);
    }
    for (to, from, low) in [(R + 8, R + 4, 3), (R + 9, R + 7, 5)] {
        binary(out, to, GET, from, OR);
        binary(out, to, CONST, 7, OR);
        binary(out, to, CONST, 7 ^ low, XOR);
    }
}

fn run(out: &mut Out, program: &Program, memory: bool) {
    put(out, &[0x03, 0x40]); // loop
    for slot in 0..8 {
        let to = R + program.to[slot];
        let mut from = R + program.from[slot];
        let immediate = program.immediate[slot];
        if slot == 0 {
            binary(out, to, GET, from, MUL);
            binary(out, to, CONST, immediate, ROTR);
            continue;
        }
        if slot == 7 {
            // `BRANCH`: the counter never exceeds 32, so one comparison tests
            // both that it is not 0 and that bit 5 is clear.
            put(out, &[GET, COUNTER, GET, R + program.to[0], 0xa7, 0x41, 32, 0x71, 0x4b]);
            put(out, &[0x04, 0x40, GET, COUNTER, 0x41, 1, 0x6b, SET, COUNTER, 0x0c, 1, 0x0b]);
        }
        if memory {
            // i32.wrap, and 2040, i64.load
            put(out, &[GET, from, 0xa7, 0x41, 0xf8, 0x0f, 0x71, 0x29, 3, 0, SET, SCRATCH]);
            from = SCRATCH;
        }
        let opcode = usize::from(program.opcode[slot]);
        let (first, second) = if slot % 2 == 0 {
            ([OR, XOR, ADD][opcode % 3], MUL)
        } else {
            ([ROTR, SHR_S, SHR_U][opcode / 3 % 3], [XOR, ADD, SUB][opcode % 3])
        };
        binary(out, to, CONST, immediate, first);
        binary(out, to, GET, from, second);
    }
    put(out, &[0x0b]);
}

/// One round of the stream over four locals.
fn round(out: &mut Out, v: [u8; 4]) {
    // A right rotation by this many bits, or the other operand.
    const STEPS: [(u8, u8, u8); 14] = [
        (0, 1, ADD),
        (2, 3, ADD),
        (1, 64 - 13, ROTR),
        (3, 64 - 16, ROTR),
        (1, 0, XOR),
        (3, 2, XOR),
        (0, 64 - 32, ROTR),
        (2, 1, ADD),
        (0, 3, ADD),
        (1, 64 - 17, ROTR),
        (3, 64 - 21, ROTR),
        (1, 2, XOR),
        (3, 0, XOR),
        (2, 64 - 32, ROTR),
    ];
    for (to, operand, operation) in STEPS {
        let to = v[usize::from(to & 3)];
        if operation == ROTR {
            binary(out, to, CONST, operand, operation);
        } else {
            binary(out, to, GET, v[usize::from(operand & 3)], operation);
        }
    }
}

/// Xors four words into the state of the stream.
fn mix(out: &mut Out, words: [u64; 4]) {
    for i in 0..4 {
        let mut word = words[i].cast_signed();
        // Ten bytes for every word, so that modules do not differ in size.
        let mut constant = [0x80; 11];
        constant[0] = CONST;
        for byte in &mut constant[1..] {
            *byte |= word as u8;
            word >>= 7;
        }
        constant[10] &= 0x7f;
        put(out, &constant);
        put(out, &[SET, SCRATCH]);
        binary(out, V[i], GET, SCRATCH, XOR);
    }
}

/// Combines a local with another or with a constant below 64.
fn binary(out: &mut Out, to: u8, kind: u8, operand: u8, operation: u8) {
    put(out, &[GET, to, kind, operand, operation, SET, to]);
}

/// A number below 2^14 in two bytes.
const fn leb(number: usize) -> [u8; 2] {
    [number as u8 | 0x80, (number >> 7) as u8]
}

/// Writes bytes; [`SIZE`] is exact, so there is always room.
#[inline(never)]
fn put(out: &mut Out, bytes: &[u8]) {
    for (byte, place) in bytes.iter().zip(out) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_in_the_frame_are_those_of_every_module() {
        for seed in [[0; 32], [1; 32], [0xff; 32]] {
            let mut bytes = Vec::new();
            module(&seed, &mut bytes);
            let (head, locals) = (56, 5);
            assert_eq!(bytes.len() - head, CODE);
            assert_eq!(bytes.len() - FRAME.len() + locals, HASH);
        }
    }
}
