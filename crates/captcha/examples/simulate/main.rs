//! A day of visits against the real policy: what an attack pays, and what it
//! makes people pay. Everything is drawn from a seed and no clock is read, so
//! the same seed gives the same bytes.

mod mixes;
mod outcome;
mod page;
mod people;
mod shop;
mod world;

use std::process::ExitCode;

use mixes::{MIXES, Mix, Solves};
use outcome::Outcome;
use page::{Row, page};
use sha2::{Digest as _, Sha256};
use world::{ATTACKED, Day, HOUR};

const USAGE: &str = "scripts/simulate [--seed=NUMBER] [--only=DAY] [--write]";
const PAGE: &str = "docs/reports/price-under-attack.md";

/// The seed of the committed page.
const SEED: u64 = 1;

/// How much of each day a test lives through: the whole of them takes minutes
/// without optimisation.
const BEGINNING: u64 = ATTACKED.start * HOUR + 5 * 60_000;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
fn main() -> ExitCode {
    let (mut seed, mut write, mut only) = (SEED, false, None);
    for argument in std::env::args().skip(1) {
        let day = argument.strip_prefix("--only=");
        match argument.strip_prefix("--seed=").map(str::parse) {
            Some(Ok(number)) => seed = number,
            None if argument == "--write" => write = true,
            None if day.is_some() => only = day.map(str::to_owned),
            _ => {
                eprintln!("{argument}: not understood\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let wanted = |mix: &Mix| only.as_ref().is_none_or(|name| mix.name == name);
    let rows: Vec<Row> = MIXES
        .into_iter()
        .filter(wanted)
        .map(|mix| {
            eprintln!("{}: {}", mix.name, mix.what);
            let day = |cores| Day::new(mix, false, cores, seed).run();
            let solves = mix.attack.is_some_and(|attack| attack.solves == Solves::All);
            std::thread::scope(|scope| {
                let one = scope.spawn(|| day(1));
                let beside = scope.spawn(|| solves.then(|| Day::new(mix, true, 64, seed).run()));
                let many = day(64);
                let (Ok(one), Ok(beside)) = (one.join(), beside.join()) else {
                    unreachable!("a day does not panic")
                };
                Row { mix, one, many, beside }
            })
        })
        .collect();
    let write = write && only.is_none();
    let digest = if only.is_none() { digest(&beginnings(seed)) } else { String::new() };
    let text = page(&rows, seed, &digest);
    print!("{text}");
    if write && let Err(error) = std::fs::write(PAGE, &text) {
        eprintln!("{PAGE}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The beginnings of all days, with many cores.
fn beginnings(seed: u64) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let begin = |mix| scope.spawn(move || Day::new(mix, false, 64, seed).run_until(BEGINNING));
        let days: Vec<_> = MIXES.into_iter().map(begin).collect();
        days.into_iter().filter_map(|day| day.join().ok()).collect()
    })
}

/// A number that changes with any figure of some days.
fn digest(outcomes: &[Outcome]) -> String {
    let mut digest = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{outcomes:?}")));
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_of_this_policy() {
        let committed = include_str!("../../../../docs/reports/price-under-attack.md");
        let digest = digest(&beginnings(SEED));
        assert!(committed.contains(&digest), "{digest}: run `scripts/simulate --write`");
    }
}
