//! Measures verification on this machine: functions and interpreted hashes per
//! second, a solution of 16 sub-puzzles, and the same with SHA-256.
//!
//! ```text
//! cargo bench -p munjigi-pow
//! ```

use std::{hint::black_box, time::Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use munjigi_pow::{Algorithm, Function, Puzzle, codegen, seed};

/// Returns a new puzzle each time: a function is verified once and never again.
fn puzzles(algorithm: Algorithm) -> impl FnMut() -> Puzzle {
    let mut attempt = 0_u128;
    move || {
        attempt += 1;
        Puzzle { algorithm, id: attempt.to_le_bytes(), first: 0, count: 16, work: 1 }
    }
}

fn verify(algorithm: Algorithm) -> impl FnMut() {
    let mut puzzle = puzzles(algorithm);
    move || assert_eq!(black_box(puzzle()).verify(black_box(&[813; 16])), Ok(()))
}

fn generate() -> impl FnMut() {
    let mut index = 0;
    move || {
        index += 1;
        black_box(Function::from_seed(&seed(&[7; 16], index, 0)));
    }
}

fn interpret() -> impl FnMut() {
    let functions: Vec<_> = (0..64).map(|i| Function::from_seed(&[i; 32])).collect();
    let mut nonce = 0;
    move || {
        nonce += 1;
        black_box(functions[nonce % functions.len()].hash(nonce as u64));
    }
}

fn compile() -> impl FnMut() {
    let (mut index, mut module) = (0, vec![0; codegen::SIZE]);
    move || {
        index += 1;
        module.clear();
        codegen::module(&seed(&[7; 16], index, 0), &mut module);
        black_box(&module);
    }
}

fn benches(criterion: &mut Criterion) {
    criterion.bench_function("verify 16, HashWX", |b| b.iter(verify(Algorithm::HashWx)));
    criterion.bench_function("verify 16, SHA-256", |b| b.iter(verify(Algorithm::Sha256)));
    criterion.bench_function("seed and function", |b| b.iter(generate()));
    criterion.bench_function("interpret one hash", |b| b.iter(interpret()));
    criterion.bench_function("seed and module", |b| b.iter(compile()));
}

/// Repeats the measurements with one line per figure.
fn summary(_: &mut Criterion) {
    let verify_hashwx = microseconds(verify(Algorithm::HashWx));
    let verify_sha256 = microseconds(verify(Algorithm::Sha256));
    let generate = microseconds(generate());
    let interpret = microseconds(interpret());
    println!("functions per second           {:10.0}", 1e6 / generate);
    println!("interpreted hashes per second  {:10.0}", 1e6 / interpret);
    println!("verify 16 sub-puzzles          {verify_hashwx:10.1} µs");
    println!("verify 16, HashWX/SHA-256    = {:10.2}", verify_hashwx / verify_sha256);
    println!("generate/interpret           = {:10.2}", generate / interpret);
}

/// The fastest of 50 rounds of 200.
fn microseconds(mut work: impl FnMut()) -> f64 {
    (0..50)
        .map(|_| {
            #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
            let start = Instant::now();
            (0..200).for_each(|_| work());
            start.elapsed().as_secs_f64() * 1e6 / 200.0
        })
        .fold(f64::INFINITY, f64::min)
}

criterion_group!(verification, benches, summary);
criterion_main!(verification);
