//! Programs of tests, compiled by Cargo and run without it: Cargo would wait for
//! whatever else it compiles.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, anyhow, ensure};

use super::{Context, Tally};
use crate::failures::{self, Failed, Failure};
use crate::say;

const BROKEN: &str = "see the messages above";

/// The tests of one target: a library, a program, a file of tests or an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestProgram {
    name: String,
    path: PathBuf,
    /// The folder of its package, in which Cargo would run it.
    folder: PathBuf,
}

impl TestProgram {
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

/// Runs each of these one after the other, also after a failure; `prepare` adds to
/// each command.
pub fn run_all(programs: &[TestProgram], prepare: impl Fn(&mut Command)) -> Result<Tally> {
    let mut all = Tally::default();
    let mut failures: Vec<Failure> = Vec::new();
    for program in programs {
        let mut command = program.command();
        command.arg("--quiet");
        prepare(&mut command);
        match Tally::run(&program.name, BROKEN, &mut command) {
            Ok(tally) => all.join(tally),
            Err(error) => failures.extend(failures::of(&program.name, &error)),
        }
    }
    if failures.is_empty() {
        return Ok(all);
    }
    let names: Vec<&str> = failures.iter().map(|failure| failure.name.as_str()).collect();
    let message = format!("{} failed; {BROKEN}", names.join(", "));
    Err(Failed::new(message, failures).into())
}

/// The programs of tests that this call of Cargo compiles, which is made once.
pub fn compiled(
    context: &Context,
    what: &'static str,
    mut cargo: Command,
) -> Result<Vec<TestProgram>> {
    let mut programs = context.programs.lock().map_err(|_| anyhow!("a check panicked"))?;
    if let Some(compiled) = programs.get(what) {
        return Ok(compiled.clone());
    }
    cargo.args(["--quiet", "--no-run", "--message-format=json-render-diagnostics"]);
    let messages = say::read(&format!("tests of {what}"), BROKEN, &mut cargo)?;
    let compiled = in_messages(&messages);
    ensure!(!compiled.is_empty(), "{what}: Cargo names no program of tests");
    programs.insert(what, compiled.clone());
    Ok(compiled)
}

/// The programs of tests that Cargo's messages name.
fn in_messages(messages: &[u8]) -> Vec<TestProgram> {
    let lines = messages.split(|&byte| byte == b'\n');
    lines.filter_map(|line| in_message(&serde_json::from_slice(line).ok()?)).collect()
}

fn in_message(message: &serde_json::Value) -> Option<TestProgram> {
    let is_of_tests = message.get("profile")?.get("test")?.as_bool()?;
    let path = message.get("executable")?.as_str()?;
    let manifest = PathBuf::from(message.get("manifest_path")?.as_str()?);
    let program = TestProgram {
        name: message.get("target")?.get("name")?.as_str()?.to_owned(),
        path: PathBuf::from(path),
        folder: manifest.parent()?.to_owned(),
    };
    is_of_tests.then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_of_tests_are_read_from_what_cargo_says() {
        let said = br#"{"reason":"compiler-artifact","manifest_path":"/m/gate/Cargo.toml","target":{"kind":["bin"],"name":"gate"},"profile":{"test":false},"executable":"/t/gate"}
{"reason":"compiler-artifact","manifest_path":"/m/pow/Cargo.toml","target":{"kind":["lib"],"name":"pow"},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/m/gate/Cargo.toml","target":{"kind":["test"],"name":"races"},"profile":{"test":true},"executable":"/t/deps/races-0"}
{"reason":"build-finished","success":true}
"#;
        let races = TestProgram {
            name: "races".to_owned(),
            path: "/t/deps/races-0".into(),
            folder: "/m/gate".into(),
        };
        assert_eq!(in_messages(said), [races]);
    }

    /// A program of tests that prints this and ends with this status.
    fn program(folder: &std::path::Path, name: &str, printed: &str, status: u8) -> TestProgram {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\nprintf '%b' '{printed}'\nexit {status}\n"))
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        TestProgram { name: name.to_owned(), path, folder: folder.to_owned() }
    }

    #[test]
    fn all_programs_run_and_each_failure_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let one = |name, printed, status| program(folder.path(), name, printed, status);
        let ok = "test result: ok. 2 passed; 0 failed; 1 ignored";
        let good = [one("a", ok, 0), one("b", ok, 0)];
        let tally = run_all(&good, |_| ()).unwrap();
        assert_eq!(tally, Tally { passed: 4, skipped: 2, ..Tally::default() });

        let bad = [one("c", "---- x::y stdout ----\\nleft\\n", 101), one("d", "killed", 9)];
        let error = run_all(&[&bad[..], &good].concat(), |_| ()).unwrap_err();
        assert!(error.to_string().starts_with("x::y, d failed"), "{error}");
        assert_eq!(failures::of("unit", &error).len(), 2);
    }
}
