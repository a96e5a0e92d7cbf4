//! The numbers of tests that ran and were skipped, as the runners print them.

use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::failures::Failure;
use crate::say;

/// Tests of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of tests that passed.
    pub passed: usize,
    /// Number of tests that did not run.
    pub skipped: usize,
    /// Tests that passed on their second try; the others of that run are not
    /// counted.
    pub flaky: Vec<Failure>,
}

impl Tally {
    /// Runs tests and counts them from their output.
    pub fn run(what: &str, remedy: &str, command: &mut Command) -> Result<Self> {
        Ok(Self::of(&say::listen(what, remedy, command)?))
    }

    /// Adds up lines such as `test result: ok. 5 passed; 0 failed; 2 ignored; …`
    /// of Cargo's and `ℹ skipped 3` of Node's.
    fn of(printed: &[String]) -> Self {
        let mut tally = Self::default();
        for line in printed.iter().map(|line| line.trim()) {
            if let Some(result) = line.strip_prefix("test result: ") {
                for part in result.split(['.', ';']).map(str::trim) {
                    let (count, word) = part.split_once(' ').unwrap_or_default();
                    tally.add(word, count);
                }
            } else if let Some((word, count)) =
                line.strip_prefix("ℹ ").and_then(|rest| rest.split_once(' '))
            {
                tally.add(word, count);
            }
        }
        tally
    }

    /// Adds what another run counted.
    pub fn join(&mut self, other: Self) {
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.flaky.extend(other.flaky);
    }

    fn add(&mut self, word: &str, count: &str) {
        let of = match word {
            "passed" | "pass" => &mut self.passed,
            "ignored" | "skipped" => &mut self.skipped,
            _ => return,
        };
        *of += count.parse().unwrap_or(0);
    }

    /// The outcome of a check that ran these tests.
    pub fn outcome(self) -> Outcome {
        match self.skipped {
            _ if !self.flaky.is_empty() => Outcome::Flaky(self.flaky),
            0 => Outcome::Passed,
            skipped => Outcome::Noted(format!("{skipped} of its tests skipped")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(printed: &str) -> Tally {
        Tally::of(&printed.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    fn tally(passed: usize, skipped: usize) -> Tally {
        Tally { passed, skipped, flaky: Vec::new() }
    }

    #[test]
    fn what_cargo_ran_and_what_it_ignored_are_added_up() {
        let printed = "\nrunning 7 tests\n.......\n\
            test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 9 filtered out; finished in 0.02s\n\
            test result: FAILED. 11 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(of(printed), tally(16, 2));
    }

    #[test]
    fn what_node_ran_and_what_it_skipped_are_read() {
        let printed = "✔ a test (3 ms)\nℹ tests 6\nℹ suites 0\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\nℹ skipped 2\nℹ todo 0\n";
        assert_eq!(of(printed), tally(4, 2));
    }

    #[test]
    fn a_run_of_nothing_counts_nothing() {
        for printed in ["", "test result: ok. 0 passed; 0 failed; 0 ignored", "5 passed"] {
            assert_eq!(of(printed), Tally::default(), "{printed}");
        }
    }

    #[test]
    fn skipped_tests_stand_in_the_summary() {
        assert_eq!(tally(3, 0).outcome(), Outcome::Passed);
        let noted = Outcome::Noted("2 of its tests skipped".to_owned());
        assert_eq!(tally(3, 2).outcome(), noted);
        let flaky = vec![Failure::new("a journey", &[])];
        let flaked = Tally { flaky: flaky.clone(), ..Tally::default() };
        assert_eq!(flaked.outcome(), Outcome::Flaky(flaky));
    }
}
