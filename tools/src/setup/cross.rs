//! What builds programs that run on any Linux: Rust's libraries on musl, and
//! Zig as a C compiler and linker for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{python, rust_target};
use crate::files;
use crate::project::Project;

/// Pinned with the hash of each file.
const REQUIREMENTS: &str = "tools/release/requirements.txt";

/// A place where the tools are.
#[derive(Debug, Clone)]
pub struct Cross {
    programs: PathBuf,
    certificates: PathBuf,
}

impl Cross {
    /// Installs what building for these targets needs.
    pub fn prepare(project: &Project, targets: &[&str]) -> Result<Self> {
        for target in targets {
            rust_target("Rust for servers", target)?;
        }
        let python = python::environment(project, &project.state().join("zig"), &[REQUIREMENTS])?;
        let mut ask = Command::new(&python);
        ask.args(["-c", "import certifi; print(certifi.where())"]);
        let output = files::output_of(&mut ask, None)?;
        ensure!(output.status.success(), "certifi: {}", String::from_utf8_lossy(&output.stderr));
        let certificates = String::from_utf8(output.stdout).context("certifi's answer")?;
        let programs = python.parent().context("Python has no folder")?.to_path_buf();
        Ok(Self { programs, certificates: certificates.trim().into() })
    }

    /// The certificates of authorities that Mozilla trusts.
    #[must_use]
    pub fn certificates(&self) -> &Path {
        &self.certificates
    }

    /// A command that builds for other targets what `cargo build` builds for
    /// this machine, all at once: what they have in common is compiled once, and
    /// one waits for no other. Nothing in the program says where it was built.
    pub fn build(&self, targets: &[&str], profile: &str) -> Result<Command> {
        let mut command = Command::new(self.programs.join("cargo-zigbuild"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        command
            .args(["zigbuild", "--profile", profile, "--locked"])
            .args(targets.iter().flat_map(|target| ["--target", target]))
            .env("PATH", std::env::join_paths(folders)?)
            .env("RUSTFLAGS", flags(&cargo_home()?, profile));
        Ok(command)
    }
}

/// Position-independent, which Zig's linker makes only when told, so that
/// addresses differ from start to start. What tests install has no symbols, which
/// would be most of it.
fn flags(cargo_home: &Path, profile: &str) -> String {
    let registry = cargo_home.join("registry/src");
    let strip = if profile == "dev" { "-C strip=symbols " } else { "" };
    format!(
        "{strip}-C relocation-model=pie -C link-arg=-pie --remap-path-prefix={}/=registry/",
        registry.display()
    )
}

fn cargo_home() -> Result<PathBuf> {
    let home = |home: OsString| Path::new(&home).join(".cargo");
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(home))
        .context("neither CARGO_HOME nor HOME is set")
}
