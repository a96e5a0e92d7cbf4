//! Checks the gpu-backend, a separate workspace: its patched library,
//! formatting, lints, dependencies and tests.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Context, Outcome, Tally};
use crate::builds::Build;
use crate::setup::require::Part;
use crate::{say, setup};

const PACKAGES: [&str; 5] =
    ["munjigi-gpu-backend", "munjigi-onnx", "munjigi-prove", "munjigi-sheet", "munjigi-trainer"];
/// All of them: none is in a docstring.
const TESTS: [&str; 7] =
    ["test", "--quiet", "--locked", "--lib", "--bins", "--tests", "--examples"];
const MESSAGES: &str = "see the messages above";

pub(super) fn backend(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let folder = project.at("gpu-backend");
    let mut set_up = Command::new("sh");
    set_up.arg("set-up").current_dir(&folder);
    say::run("wonnx with its patch", MESSAGES, &mut set_up)?;
    let cargo = |words: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(words).current_dir(&folder).env("CARGO_TARGET_DIR", project.target());
        command
    };
    // By name, because `--all` would include the patched library.
    let packages = PACKAGES.iter().flat_map(|package| ["-p", package]);
    let words: Vec<&str> = ["fmt", "--check"].into_iter().chain(packages).collect();
    say::run("rustfmt", "run `cargo fmt` there", &mut cargo(&words))?;
    let lints = ["clippy", "--quiet", "--all-targets", "--locked", "--", "-D", "warnings"];
    say::run("clippy", MESSAGES, &mut cargo(&lints))?;
    let mut deny = Command::new(project.installed_tool(setup::CARGO_DENY.0));
    deny.args(["--log-level", "error", "--manifest-path", "gpu-backend/Cargo.toml"])
        .args(["--config", "deny.toml", "check", "bans", "licenses", "sources"])
        .current_dir(project.root());
    setup::install_cargo_tool(project, setup::CARGO_DENY, &["--no-default-features"])?;
    say::run("cargo-deny", "see deny.toml", &mut deny)?;
    // Its tests run the command, so they have built what the stacks start.
    Build::GpuBackend.along(project, || say::run("tests", MESSAGES, &mut cargo(&TESTS)))?;
    if let Ok(photos) = &context.photos {
        // Enough for the processor alone: the adapter computes one batch of them.
        // With the features that tests ask for, so that nothing is compiled again.
        let prove = ["build", "--quiet", "--locked", "--bin", "munjigi-prove", "--test", "models"];
        say::run("the prover", MESSAGES, &mut cargo(&prove))?;
        let mut real = Command::new(project.debug_binary("munjigi-prove"));
        real.args(["photos", "llvmpipe", "--batches", "2", "--model"]).arg(&photos.model);
        real.arg("--photos").arg(&photos.photos).current_dir(&folder);
        if let Ok(vulkan) = &context.vulkan {
            real.envs(vulkan.variables.iter().cloned());
        }
        say::run("a real classifier on real photos", MESSAGES, &mut real)?;
    }
    let (Ok(vulkan), Ok(_)) = (&context.vulkan, &context.photos) else {
        return context.outcome(&[Part::Photos, Part::Vulkan], Tally::default());
    };
    // Tests that need an adapter are `#[ignore]`d, and fail without one.
    let ignored = ["--no-fail-fast", "--", "--ignored"];
    let mut tests = cargo(&[&TESTS[..], &ignored].concat());
    tests.envs(vulkan.variables.iter().cloned());
    let tally = Tally::run("tests on software Vulkan", MESSAGES, &mut tests)?;
    some_ran(&tally)
}

/// Fails if none of them ran: they may have been renamed.
fn some_ran(tally: &Tally) -> Result<Outcome> {
    ensure!(tally.passed > 0, "no GPU test ran: `cargo test -- --ignored` found none");
    Ok(Outcome::Noted(format!("{} GPU tests ran on software Vulkan", tally.passed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_gpu_tests_is_a_failure_and_otherwise_their_number_is_printed() {
        let failure = some_ran(&Tally::default()).unwrap_err().to_string();
        assert!(failure.starts_with("no GPU test ran"), "{failure}");
        let noted = some_ran(&Tally { passed: 27, ..Tally::default() }).unwrap();
        assert_eq!(noted, Outcome::Noted("27 GPU tests ran on software Vulkan".to_owned()));
    }
}
