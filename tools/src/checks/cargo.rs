//! Checks that run Cargo.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::programs::TestProgram;
use super::{Context, Outcome, apart, npm_audit, programs};
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

/// Tests, compiled with all features of the workspace, as in every other call:
/// nothing is compiled again with others.
fn tests(context: &Context, what: &'static str, which: &[&str]) -> Result<Vec<TestProgram>> {
    let mut compile = cargo(&context.project);
    compile.args(["test", "--workspace", "--all-features", "--locked"]).args(which);
    programs::compiled(context, what, compile)
}

/// Tests beside the code. None is in a docstring.
fn unit_tests(context: &Context) -> Result<Vec<TestProgram>> {
    let kinds = ["--lib", "--bins", "--tests", "--examples"];
    tests(context, "unit", &[&["--exclude", "munjigi-tests"], &kinds[..]].concat())
}

pub(super) fn build_unit(context: &Context) -> Result<()> {
    unit_tests(context).map(|_| ())
}

/// Runs the tests beside the code; those that need SQL create databases of their own.
pub(super) fn unit(context: &Context) -> Result<Outcome> {
    let programs = unit_tests(context)?;
    let tally = programs::run_all(&programs, |program| {
        program.env("DATABASE_URL", &context.database_url);
    })?;
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
    build_of_the_whole(context, "whole")
}

/// Tests of the whole system: races, kills, bad input, rotation.
pub(super) fn whole(context: &Context) -> Result<Outcome> {
    let mut tests = of_the_whole(context, "whole")?;
    // Each test starts a stack of its own and waits most of the time: two cores
    // can run four of them.
    tests.arg("--test-threads=4").envs(context.browsers.variables.iter().cloned());
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

/// A test of the package `munjigi-tests`.
fn of_the_whole(context: &Context, name: &'static str) -> Result<Command> {
    let programs = tests(context, name, &["--test", name])?;
    programs.first().map(TestProgram::command).context("no program of tests")
}

pub(super) fn build_of_the_whole(context: &Context, name: &'static str) -> Result<()> {
    of_the_whole(context, name).map(|_| ())
}
