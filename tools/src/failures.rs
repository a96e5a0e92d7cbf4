//! What failed, by name and with the end of its output, so that the end of a
//! log shows the cause. Read from the output of commands and repeated after all
//! checks.

use std::fmt;

/// Lines of output that are repeated per failure.
const LINES: usize = 60;

/// Lines that end the message of a subcommand: they fit a screen.
const LAST_LINES: usize = 20;

/// A failed test, or a failed command that runs no tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The test's name, or the purpose of the command.
    pub name: String,
    output: Vec<String>,
}

impl Failure {
    /// A failure with the end of its output.
    pub fn new(name: &str, output: &[String]) -> Self {
        let from = output.len().saturating_sub(LINES);
        let output = output.iter().skip(from).cloned().collect();
        Self { name: name.to_owned(), output }
    }

    /// The failures in a command's output: the tests that Cargo's harness
    /// names, otherwise the command itself.
    pub fn in_output(what: &str, lines: &[String]) -> Vec<Self> {
        let tests = libtest(lines);
        if tests.is_empty() { vec![Self::new(what, lines)] } else { tests }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.output.iter().try_for_each(|line| writeln!(f, "   | {line}"))
    }
}

/// The error of a command, with its failures.
#[derive(Debug)]
pub struct Failed {
    message: String,
    pub failures: Vec<Failure>,
}

impl Failed {
    /// An error with the message for its check's line.
    pub const fn new(message: String, failures: Vec<Failure>) -> Self {
        Self { message, failures }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}

/// The failures that an error of a check contains.
pub fn of(check: &str, error: &anyhow::Error) -> Vec<Failure> {
    if let Some(failed) = error.downcast_ref::<Failed>() {
        return failed.failures.clone();
    }
    let lines: Vec<String> = format!("{error:#}").lines().map(str::to_owned).collect();
    vec![Failure::new(check, &lines)]
}

/// The end of what a failed command printed, if the error is of one. Its output
/// may be far above: some commands run two at once.
pub fn last_lines(error: &anyhow::Error) -> String {
    let Some(failed) = error.downcast_ref::<Failed>() else { return String::new() };
    let lines: Vec<String> = failed.failures.iter().flat_map(|it| it.output.clone()).collect();
    let from = lines.len().saturating_sub(LAST_LINES);
    Failure::new("", lines.get(from..).unwrap_or_default()).to_string()
}

/// Failed tests of Cargo's harness: the output after `---- NAME stdout ----`.
fn libtest(lines: &[String]) -> Vec<Failure> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in lines {
        let header = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"));
        match header {
            Some(name) => {
                found.push((name.to_owned(), Vec::new()));
                inside = true;
            }
            None if line == "failures:" => inside = false,
            None if inside => {
                if let Some((_, output)) = found.last_mut() {
                    output.push(line.clone());
                }
            }
            None => {}
        }
    }
    found.iter().map(|(name, output)| Failure::new(name, trimmed(output))).collect()
}

fn trimmed(mut lines: &[String]) -> &[String] {
    while let [first, rest @ ..] = lines
        && first.is_empty()
    {
        lines = rest;
    }
    while let [rest @ .., last] = lines
        && last.is_empty()
    {
        lines = rest;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn tests_that_failed_are_found_with_their_output() {
        let output = lines(
            "running 3 tests\n..\na::one --- FAILED\n\nfailures:\n\n---- a::one stdout ----\n\
             asked 3\npanicked at a.rs:7\n\n---- b stdout ----\nError: away\n\n\nfailures:\n    a::one\n    b\n\n\
             test result: FAILED. 1 passed; 2 failed",
        );
        let found = Failure::in_output("unit tests", &output);
        let names: Vec<&str> = found.iter().map(|failure| failure.name.as_str()).collect();
        assert_eq!(names, ["a::one", "b"]);
        assert_eq!(found[0].to_string(), "   | asked 3\n   | panicked at a.rs:7\n");
        assert_eq!(found[1].output, ["Error: away"]);
    }

    #[test]
    fn a_command_without_tests_is_reported_with_its_last_lines() {
        let output: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        let found = Failure::in_output("clippy", &output);
        assert_eq!((found[0].name.as_str(), found[0].output.len()), ("clippy", LINES));
        assert_eq!(found[0].output.last().map(String::as_str), Some("199"));
    }

    #[test]
    fn an_error_of_a_check_is_a_failure_by_its_name() {
        let plain = anyhow::anyhow!("no such file").context("read it");
        assert_eq!(of("tree", &plain), [Failure::new("tree", &lines("read it: no such file"))]);
        let failed = Failed::new("tests: ended with 101".into(), vec![Failure::new("a::one", &[])]);
        let error = anyhow::Error::from(failed).context("unit");
        assert_eq!(of("unit", &error), [Failure::new("a::one", &[])]);
    }

    #[test]
    fn a_failed_command_of_set_up_is_quoted_with_its_last_lines() {
        let script = "seq 30; echo 'error: no such version' >&2; exit 101";
        let mut command = std::process::Command::new("sh");
        let error = crate::say::run("a tool", "look", command.args(["-c", script])).unwrap_err();
        let said = last_lines(&error.context("set-up"));
        assert!(said.ends_with("   | 30\n   | error: no such version\n"), "{said}");
        assert_eq!(said.lines().count(), LAST_LINES);
        assert_eq!(last_lines(&anyhow::anyhow!("no such file")), "");
    }
}
