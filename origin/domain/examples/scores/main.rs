//! A fortnight of one simulated site: what its own weights come to, with honest
//! owners and with others. Everything is drawn from a seed and no clock is read,
//! so the same seed gives the same bytes.

mod fortnight;
mod page;
mod visits;

use std::process::ExitCode;

use visits::Chance;

const USAGE: &str = "scripts/simulate scores [--seed=NUMBER] [--write]";
const PAGE: &str = "docs/reports/scores.md";

const DAY: u64 = 86_400_000;

/// Days that are simulated.
const DAYS: u64 = 14;

/// The seed of the committed page.
const SEED: u64 = 1;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
fn main() -> ExitCode {
    let (mut seed, mut write) = (SEED, false);
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
    let text = simulated(seed);
    print!("{text}");
    if write && let Err(error) = std::fs::write(PAGE, &text) {
        eprintln!("{PAGE}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn simulated(seed: u64) -> String {
    let mut chance = Chance::new(seed);
    let visits: Vec<_> = (0..DAYS).flat_map(|day| visits::day(day, &mut chance)).collect();
    page::page(&visits, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_what_comes_out() {
        let committed = include_str!("../../../../docs/reports/scores.md");
        assert!(simulated(SEED) == committed, "run `scripts/simulate scores --write`");
    }
}
