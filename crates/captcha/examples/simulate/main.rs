//! A day of visits against the real policy: what an attack pays, and what it
//! makes people pay. Everything is drawn from a seed and no clock is read, so
//! the same seed gives the same bytes.

mod mixes;
mod page;
mod world;

use std::process::ExitCode;

use mixes::MIXES;
use page::{Row, page};
use world::Day;

const USAGE: &str = "scripts/simulate [--seed=NUMBER] [--write]";
const PAGE: &str = "docs/price-under-attack.md";

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
fn main() -> ExitCode {
    let (mut seed, mut write) = (1, false);
    for argument in std::env::args().skip(1) {
        match argument.strip_prefix("--seed=").map(str::parse) {
            Some(Ok(number)) => seed = number,
            None if argument == "--write" => write = true,
            _ => {
                eprintln!("{argument}: not understood\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let rows: Vec<Row> = MIXES
        .into_iter()
        .map(|mix| {
            eprintln!("{}: {}", mix.name, mix.what);
            let day = |cores| Day::new(mix, cores, seed).run();
            Row { mix, one: day(1), many: day(64) }
        })
        .collect();
    let text = page(&rows, seed);
    print!("{text}");
    if write && let Err(error) = std::fs::write(PAGE, &text) {
        eprintln!("{PAGE}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
