//! Checks that run Cargo.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::{Context, Outcome, Tally, apart, npm_audit};
use crate::builds::Build;
use crate::project::Project;
use crate::setup::require::Part;
use crate::{queries, say, setup};

const BROKEN: &str = "see the messages above";

fn cargo(project: &Project) -> Command {
    let mut command = Command::new("cargo");
    // The committed description stands in for a database while compiling.
    command.current_dir(project.root()).env("SQLX_OFFLINE", "true");
    command
}

pub(super) fn format(context: &Context) -> Result<Outcome> {
    let mut workspace = cargo(&context.project);
    workspace.args(["fmt", "--all", "--check"]);
    say::run("rustfmt", "run `cargo fmt --all`", &mut workspace)?;
    for manifest in apart::ALL {
        let mut apart = cargo(&context.project);
        apart.args(["fmt", "--check", "--manifest-path", manifest]);
        say::run(&format!("rustfmt of {manifest}"), "run `cargo fmt` there", &mut apart)?;
    }
    Ok(Outcome::Passed)
}

pub(super) fn dependencies(context: &Context) -> Result<Outcome> {
    setup::install_cargo_tool(&context.project, setup::CARGO_DENY, &["--no-default-features"])?;
    for manifest in core::iter::once("Cargo.toml").chain(apart::ALL) {
        let mut deny = Command::new(context.project.installed_tool("cargo-deny"));
        deny.args(["--log-level", "error", "--manifest-path", manifest, "--workspace"])
            .args(["--config", "deny.toml", "check", "bans", "licenses", "sources"])
            .current_dir(context.project.root());
        say::run("cargo-deny", "see deny.toml", &mut deny)?;
    }
    advisories(context)?;
    npm_audit::run(&context.project)?;
    Ok(Outcome::Passed)
}

const ADVISORIES: &str = "https://github.com/rustsec/advisory-db";

/// Known vulnerabilities of dependencies, where the database can be reached;
/// otherwise says that none were looked up.
fn advisories(context: &Context) -> Result<()> {
    let mut reach = Command::new("git");
    // Gives up on a connection that hangs.
    reach.args(["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=10"]);
    reach.args(["ls-remote", "--quiet", "--exit-code", ADVISORIES, "HEAD"]);
    reach.env("GIT_TERMINAL_PROMPT", "0").stdout(Stdio::null()).stderr(Stdio::null());
    if !reach.status().is_ok_and(|status| status.success()) {
        say::found("advisories", "NOT CHECKED, since their database cannot be reached");
        return Ok(());
    }
    for manifest in ["Cargo.toml", "gpu-backend/Cargo.toml"].into_iter().chain(apart::ALL) {
        let mut deny = Command::new(context.project.installed_tool("cargo-deny"));
        deny.args(["--log-level", "error", "--manifest-path", manifest, "--workspace"])
            .args(["--config", "deny.toml", "check", "advisories"])
            .current_dir(context.project.root());
        say::run("cargo-deny of advisories", "see deny.toml", &mut deny)?;
    }
    Ok(())
}

pub(super) fn worker(context: &Context) -> Result<Outcome> {
    // Its build script fails above the size limit of a worker.
    Build::Worker.ensure(&context.project)?;
    Ok(Outcome::Passed)
}

pub(super) fn clippy(context: &Context) -> Result<Outcome> {
    let mut clippy = cargo(&context.project);
    clippy.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
    ]);
    clippy.args(["--", "-D", "warnings"]);
    say::run("clippy", BROKEN, &mut clippy)?;
    Ok(Outcome::Passed)
}

pub(super) fn clippy_wasm(context: &Context) -> Result<Outcome> {
    let mut clippy = cargo(&context.project);
    clippy.args(["clippy", "--quiet", "--locked", "--target", "wasm32-unknown-unknown"]);
    clippy.args(["-p", "munjigi-edge", "-p", "munjigi-widget", "--", "-D", "warnings"]);
    say::run("clippy for WebAssembly", BROKEN, &mut clippy)?;
    Ok(Outcome::Passed)
}

/// Tests beside the code; those that need SQL create databases of their own. None is
/// in a docstring.
pub(super) fn unit(context: &Context) -> Result<Outcome> {
    let mut tests = cargo(&context.project);
    tests
        .args(["test", "--quiet", "--workspace", "--exclude", "munjigi-tests", "--all-features"])
        .args(["--locked", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"])
        .env("DATABASE_URL", &context.database_url);
    let tally = Tally::run("unit tests", BROKEN, &mut tests)?;
    context.outcome(&[Part::Redis], tally)
}

pub(super) fn queries(context: &Context) -> Result<Outcome> {
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| handle.block_on(queries::check(&context.project)))?;
    Ok(Outcome::Passed)
}

/// Builds what the tests of the whole start, and themselves.
pub(super) fn build_whole(context: &Context) -> Result<()> {
    Build::ensure_all(&context.project)?;
    Build::Gate.ensure(&context.project)?;
    Build::GpuBackend.ensure(&context.project)?;
    test_program(context, "whole").map(|_| ())
}

/// Tests of the whole system: races, kills, bad input, rotation.
pub(super) fn whole(context: &Context) -> Result<Outcome> {
    let mut tests = of_the_whole(context, "whole")?;
    // Each test starts a stack of its own and waits most of the time: two cores
    // can run three of them.
    tests.arg("--test-threads=3").envs(context.browsers.variables.iter().cloned());
    say::run("tests of the whole", BROKEN, &mut tests)?;
    Ok(Outcome::Passed)
}

/// Tests of the gate by itself: races, kills, what is on the disk.
pub(super) fn gate_alone(context: &Context) -> Result<()> {
    let mut tests = of_the_whole(context, "gate")?;
    // Those that are ignored need it.
    if context.strace.is_ok() {
        tests.arg("--include-ignored");
    }
    say::run("tests of the gate alone", BROKEN, &mut tests)
}

/// A test of the package `munjigi-tests`, run without Cargo: that would wait for
/// whatever else it compiles.
fn of_the_whole(context: &Context, name: &'static str) -> Result<Command> {
    let mut command = Command::new(test_program(context, name)?);
    command.current_dir(context.project.at("tests"));
    Ok(command)
}

/// The program of a test, compiled once.
pub(super) fn test_program(context: &Context, name: &'static str) -> Result<PathBuf> {
    let mut programs = context.programs.lock().map_err(|_| anyhow!("a check panicked"))?;
    if let Some(program) = programs.get(name) {
        return Ok(program.clone());
    }
    let mut compile = cargo(&context.project);
    // The whole workspace with all features, as in every other call: nothing is
    // compiled again with other features.
    compile.args(["test", "--quiet", "--workspace", "--all-features", "--locked", "--no-run"]);
    compile.args(["--message-format=json", "--test", name]).stderr(Stdio::inherit());
    say::found("compiling", &say::shown(&compile));
    let made = compile.output()?;
    ensure!(made.status.success(), "the tests {name} do not compile; {BROKEN}");
    let program = executable(&made.stdout, name)
        .with_context(|| format!("Cargo names no program of the tests {name}"))?;
    programs.insert(name, program.clone());
    Ok(program)
}

/// The program of a test, as Cargo's messages name it.
fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    messages.split(|&byte| byte == b'\n').find_map(|line| {
        let message: serde_json::Value = serde_json::from_slice(line).ok()?;
        let target = message.get("target")?;
        let is_it = target.get("name")? == name && target.get("kind")?.get(0)? == "test";
        is_it.then(|| message.get("executable")?.as_str().map(PathBuf::from))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_test_is_read_from_what_cargo_says() {
        let said = br#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"gate"},"executable":"/t/gate"}
{"reason":"compiler-artifact","target":{"kind":["test"],"name":"gate"},"executable":"/t/deps/gate-0"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(executable(said, "gate"), Some(PathBuf::from("/t/deps/gate-0")));
        assert_eq!(executable(said, "whole"), None);
    }
}
