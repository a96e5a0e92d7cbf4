//! Tests that Node runs: reports failures and their reasons, and runs browser
//! journeys that failed a second time, each alone.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Context, Tally};
use crate::failures::{Failed, Failure};
use crate::say;

/// The most journeys that may pass only on their second try; more of them mean
/// a fault that the second try would hide.
const MOST_FLAKY: usize = 2;

/// Whether failed tests run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecondTry {
    /// Never.
    No,
    /// Alone: a browser on a busy machine occasionally misses a moment.
    Alone,
}

/// Files that a check runs, and how.
#[derive(Debug)]
pub(super) struct Suite<'a> {
    pub what: &'a str,
    /// In this order.
    pub files: &'a [PathBuf],
    /// How many of them run at a time, each in a process of its own.
    pub at_once: u8,
    /// What becomes of those that fail.
    pub second: SecondTry,
}

impl<'a> Suite<'a> {
    /// One file after the other; what fails has failed.
    pub(super) const fn one_by_one(what: &'a str, files: &'a [PathBuf]) -> Self {
        Self { what, files, at_once: 1, second: SecondTry::No }
    }
}

/// A line from `reporter.mjs`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FailedTest {
    file: PathBuf,
    name: String,
    output: Vec<String>,
}

impl FailedTest {
    /// The pattern that runs it alone. A file that failed outside its tests has
    /// the name of the file, which no test has: all of it runs again.
    fn pattern(&self) -> Option<String> {
        (!self.file.ends_with(&self.name)).then(|| pattern(&self.name))
    }

    fn failure(&self, context: &Context) -> Failure {
        let file = self.file.strip_prefix(context.project.root()).unwrap_or(&self.file);
        Failure::new(&format!("{}: {}", file.display(), self.name), &self.output)
    }
}

/// Runs test files. `prepare` gives the command its environment.
pub(super) fn run(
    context: &Context,
    suite: &Suite<'_>,
    prepare: impl Fn(&mut Command),
) -> Result<Tally> {
    let Suite { what, files, at_once, second } = *suite;
    let call = |pattern: &str, files: &[PathBuf]| -> Result<Tally, Told> {
        let report = Report::begin(context, what)?;
        let mut node = context.node.command();
        prepare(&mut node);
        node.arg(context.project.at("tools/src/checks/run-tests.mjs"))
            .arg(at_once.to_string())
            .arg(&report.0)
            .arg(pattern)
            .args(files)
            .current_dir(context.project.root());
        Tally::run(what, "see the messages above", &mut node)
            .map_err(|error| Told { error, failed: report.read() })
    };
    let Told { error, failed } = match call("", files) {
        Ok(tally) => return Ok(tally),
        Err(told) => told,
    };
    if failed.is_empty() {
        return Err(error);
    }
    let told = |tests: &[FailedTest]| -> Vec<Failure> {
        tests.iter().map(|test| test.failure(context)).collect()
    };
    if second == SecondTry::No || failed.len() > MOST_FLAKY {
        return Err(Failed::new(format!("{error:#}"), told(&failed)).into());
    }
    let mut broken = Vec::new();
    for test in &failed {
        say::line(&format!("   again, alone: {}", test.name));
        let alone = test.pattern().unwrap_or_default();
        if call(&alone, std::slice::from_ref(&test.file)).is_err() {
            broken.push(test.clone());
        }
    }
    if broken.is_empty() {
        return Ok(Tally { flaky: told(&failed), ..Tally::default() });
    }
    Err(Failed::new(format!("{error:#}"), told(&broken)).into())
}

/// A failed run and its failures.
struct Told {
    error: anyhow::Error,
    failed: Vec<FailedTest>,
}

impl From<anyhow::Error> for Told {
    fn from(error: anyhow::Error) -> Self {
        Self { error, failed: Vec::new() }
    }
}

/// The file that the reporter writes.
struct Report(PathBuf);

impl Report {
    /// The report of a suite; another suite may run beside it.
    fn begin(context: &Context, what: &str) -> Result<Self> {
        let name = what.replace(|other: char| !other.is_ascii_alphanumeric(), "-");
        let path = context.project.state().join(format!("logs/failed-{name}.jsonl"));
        let folder = path.parent().context("the report lies in a folder")?;
        std::fs::create_dir_all(folder).context("the folder of the report")?;
        std::fs::write(&path, "").context("the report of failed tests")?;
        Ok(Self(path))
    }

    /// Empty if Node ended before its reporter did.
    fn read(&self) -> Vec<FailedTest> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// A regular expression in JavaScript that matches exactly this test name.
fn pattern(name: &str) -> String {
    let mut escaped = String::new();
    for character in name.chars() {
        if r"\^$.*+?()[]{}|/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    format!("/^{escaped}$/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_matched_literally() {
        assert_eq!(
            pattern("one (with) [odd] chars? a/b"),
            r"/^one \(with\) \[odd\] chars\? a\/b$/"
        );
    }

    #[test]
    fn a_line_of_the_reporter_is_a_failed_test() {
        let line = r#"{"file":"/a/b.test.mjs","name":"c","output":["d","e"]}"#;
        let test: FailedTest = serde_json::from_str(line).unwrap();
        assert_eq!((test.name.as_str(), test.output.len()), ("c", 2));
        assert_eq!(test.pattern().as_deref(), Some("/^c$/"));
    }

    #[test]
    fn a_file_that_failed_outside_its_tests_runs_again_whole() {
        for name in ["/a/tests/b.test.mjs", "tests/b.test.mjs"] {
            let file = PathBuf::from("/a/tests/b.test.mjs");
            let test = FailedTest { file, name: name.to_owned(), output: Vec::new() };
            assert_eq!(test.pattern(), None);
        }
    }
}
