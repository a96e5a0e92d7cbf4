//! Tools of checks and benchmarks that Cargo builds from the registry, in
//! `.munjigi/tools`. What building needs is a dependency of ours instead: a
//! registry may lag behind the lockfile of a tool.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::project::Project;
use crate::say;

/// The checker of licences, bans and sources, pinned here because no library of
/// ours determines its version.
pub const CARGO_DENY: (&str, &str) = ("cargo-deny", "0.20.2");

/// Installs one tool unless this version is already there.
pub fn install(project: &Project, (name, version): (&str, &str), arguments: &[&str]) -> Result<()> {
    let root = project.state().join("tools");
    if installed(&root, name, version) {
        say::found(name, version);
        return Ok(());
    }
    let locked = cargo_install(project, &root, (name, version), arguments, &["--locked"]);
    match locked {
        Ok(()) => Ok(()),
        Err(error) => {
            // A registry mirror may lag behind the versions of a lockfile.
            say::line(&format!("   {error:#}; trying again with newer dependencies"));
            cargo_install(project, &root, (name, version), arguments, &[])
        }
    }
}

fn cargo_install(
    project: &Project,
    root: &Path,
    (name, version): (&str, &str),
    arguments: &[&str],
    locked: &[&str],
) -> Result<()> {
    let mut cargo = Command::new("cargo");
    // Unoptimised builds of these tools, without debug information, take a
    // third of the time to compile and give the same result.
    cargo
        .args(["install", "--quiet", "--debug", "--force", name, "--version", version])
        .args(locked)
        .args(arguments)
        .arg("--root")
        .arg(root)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_TARGET_DIR", project.target())
        .current_dir(project.root());
    let what = format!("{name} {version} (one to two minutes)");
    say::run(&what, "check that the crate registry is reachable", &mut cargo)
}

/// Cargo's own record of what it installed.
fn installed(root: &Path, name: &str, version: &str) -> bool {
    let record = std::fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    record.contains(&format!("\"{name} {version} ("))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_counts_as_installed_at_its_exact_version() {
        let dir = tempfile::tempdir().unwrap();
        let record = "[v1]\n\"cargo-deny 0.20.2 (registry+x)\" = [\"cargo-deny\"]\n";
        std::fs::write(dir.path().join(".crates.toml"), record).unwrap();
        assert!(installed(dir.path(), "cargo-deny", "0.20.2"));
        assert!(!installed(dir.path(), "cargo-deny", "0.20.20"));
        assert!(!installed(dir.path(), "geckodriver", "0.37.1"));
    }
}
