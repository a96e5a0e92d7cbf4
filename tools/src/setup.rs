//! Sets up a checkout: installs what is missing, keeps what is there, and names
//! what cannot be installed with its remedy. Builds nothing but tools of checks.

pub mod browsers;
mod cargo_tools;
pub mod cross;
mod debian;
mod executable;
pub mod fleet;
pub mod languages;
mod npm;
pub mod old_builds;
pub mod pgbouncer;
pub mod photos;
pub mod programs;
pub mod proxies;
pub mod python;
pub mod require;
pub mod vulkan;

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::files;
use crate::node::Node;
use crate::project::Project;
use crate::say;

pub use cargo_tools::{CARGO_DENY, install as install_cargo_tool};

const WASM: &str = "wasm32-unknown-unknown";

/// Installs what building and running need.
pub fn for_building(project: &Project) -> Result<()> {
    say::heading("Set-up");
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "set-up requires Linux on x86-64: the pinned Node, Postgres and workerd are built for it"
    );
    rust_target("Rust for WebAssembly", WASM)?;
    packages(project)
}

/// Installs what the origin needs on a Postgres of ours.
pub fn for_the_origin(project: &Project) -> Result<()> {
    say::heading("Set-up");
    packages(project)
}

fn packages(project: &Project) -> Result<()> {
    npm::install(project.root(), "npm packages (520 MB)")?;
    let node = Node::find(project)?;
    say::found("Node", &node.binary().display().to_string());
    crate::postgres::hydrate(project)
}

/// Installs what benchmarks compare and attack with; nothing else needs it.
pub fn for_comparing(project: &Project) -> Result<()> {
    npm::install(&project.at("tests/bench"), "open peers")?;
    npm::install(&project.at("tests/fleet"), "automation tools")
}

/// Installs other vendors' client libraries; nothing else needs them.
pub fn for_clients(project: &Project) -> Result<()> {
    npm::install(&project.at("tests/clients"), "client libraries (55 MB)")
}

fn rust_target(what: &str, target: &str) -> Result<()> {
    let remedy = "install Rust with rustup (https://rustup.rs)";
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    let output = files::output_of(&mut rustc, None).context(remedy)?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && std::path::Path::new(&folder).is_dir() {
        say::found(what, target);
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    say::run(what, remedy, rustup.args(["target", "add", target]))
}
