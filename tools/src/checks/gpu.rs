//! The gpu-backend, a workspace of its own: its patched library, its
//! formatting, lints, dependencies and tests.

use std::process::Command;

use anyhow::Result;

use super::{Context, Outcome};
use crate::builds::Build;
use crate::{say, setup};

const PACKAGES: [&str; 3] = ["munjigi-gpu-backend", "munjigi-onnx", "munjigi-trainer"];
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
    // Named: `--all` would take in the patched library.
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
    // Its tests call the command, so they have built what the stacks start.
    Build::GpuBackend.along(project, || {
        say::run("tests", MESSAGES, &mut cargo(&["test", "--quiet", "--locked"]))
    })?;
    Ok(Outcome::Passed)
}
