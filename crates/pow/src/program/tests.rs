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
    core::array::from_fn(|i| i as u8)
}

const fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "ADD",
        Operation::Sub => "SUB",
        Operation::Mul => "MUL",
        Operation::Or => "OR",
        Operation::Xor => "XOR",
        Operation::ShiftSigned => "ASR",
        Operation::Shift => "LSR",
        Operation::Rotate => "ROR",
    }
}

fn disassemble(program: &Program) -> Vec<String> {
    let mut lines = Vec::new();
    for (slot, x) in program.iter().enumerate() {
        if slot == 7 {
            lines.push("BRANCH".into());
        }
        let name = match (slot, x.first, x.second) {
            (0, Operation::Rotate, Operation::Mul) => "RMCG".into(),
            (_, first, Operation::Mul) => format!("MUL{}", name(first)),
            (_, first, second) => format!("{}{}", name(second), name(first)),
        };
        lines.push(format!("{name} r{}, r{}, {}", x.to, x.from, x.immediate));
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
