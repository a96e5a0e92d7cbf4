//! Separate workspaces: what customers copy, and clients of other vendors. Each has
//! a lockfile of its own; what they have in common is compiled once.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::project::Project;
use crate::say;

pub const SHOP: &str = "examples/shop-rust/Cargo.toml";
pub const VERIFY: &str = "docs/verify/rust/Cargo.toml";
pub const CLIENTS: &str = "tests/clients/rust/Cargo.toml";
pub const ALL: [&str; 3] = [SHOP, VERIFY, CLIENTS];

/// Compiles one of them.
pub fn build(project: &Project, manifest: &str) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path", manifest])
        .env("CARGO_TARGET_DIR", folder(project))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .current_dir(project.root());
    say::run(manifest, "see the messages above", &mut cargo)
}

/// The program of one of them.
pub fn program(project: &Project, name: &str) -> PathBuf {
    folder(project).join("debug").join(name)
}

fn folder(project: &Project) -> PathBuf {
    project.target().join("apart")
}
