extern crate std;

use std::{format, string::String, vec::Vec};

use serde_json::Value;

use super::*;
use crate::permutations;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/hashwx-vectors.json")).unwrap()
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap(), 16).unwrap()
}

/// The seed 00 01 02 … 1f, the one with intermediate values.
fn counting_seed() -> [u8; 32] {
    core::array::from_fn(|i| u8::try_from(i).unwrap())
}

fn disassemble(program: &Program) -> Vec<String> {
    const SHIFT_AND_COMBINE: [&str; 9] =
        ["XORROR", "ADDROR", "SUBROR", "XORASR", "ADDASR", "SUBASR", "XORLSR", "ADDLSR", "SUBLSR"];
    const MULTIPLY: [&str; 3] = ["MULOR", "MULXOR", "MULADD"];

    let mut lines = Vec::new();
    for slot in 0..8 {
        if slot == 7 {
            lines.push("BRANCH".into());
        }
        let opcode = usize::from(program.opcode[slot]);
        let name = match slot {
            0 => "RMCG",
            slot if slot % 2 == 0 => MULTIPLY[opcode],
            _ => SHIFT_AND_COMBINE[opcode],
        };
        let [to, from, immediate] =
            [program.to, program.from, program.immediate].map(|field| field[slot]);
        lines.push(format!("{name} r{to}, r{from}, {immediate}"));
    }
    lines.push("HALT".into());
    lines
}

#[test]
fn the_stream_gives_the_listed_words() {
    let expected = &vectors()["first_programs"];
    assert_eq!(
        expected["seed"],
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    );
    let mut stream = Generator::new(keys(&counting_seed())[0], u64::MAX);
    let mut words = Vec::new();
    for _ in 0..5 {
        words.extend(stream.words());
        stream.advance();
    }
    let listed: Vec<u64> = expected["generator"].as_array().unwrap().iter().map(hex).collect();
    assert_eq!(words, listed);
}

#[test]
fn the_first_programs_read_as_listed() {
    let list = permutations::list();
    let mut programs = Programs::new(keys(&counting_seed())[0], &list);
    let vectors = vectors();
    let listed = vectors["first_programs"]["programs"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for program in listed {
        assert_eq!(serde_json::to_value(disassemble(&programs.draw())).unwrap(), *program);
    }
}
