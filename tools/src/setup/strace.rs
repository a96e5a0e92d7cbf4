//! strace for tests of what is asked of the system: on PATH, or unpacked from
//! Debian's packages without being installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::debian;
use super::executable::on_path;
use super::require::{Part, Required};
use crate::project::Project;
use crate::say;

/// Name of the program, of its package and of the folder of unpacked packages.
const NAME: &str = "strace";

/// Finds or unpacks it; without it its tests are skipped, or fail if it is
/// required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = find(project).or_else(|_| {
        debian::unpack(project, NAME, &[NAME])?;
        find(project)
    });
    let found = required.settle(Part::Strace, found.map(|(binary, _)| binary))?;
    Ok(found.map(|binary| say::found(NAME, &binary.display().to_string())))
}

/// A command that runs it.
pub fn command(project: &Project) -> Result<Command> {
    let (binary, libraries) = find(project)?;
    let mut command = Command::new(binary);
    if let Some(folder) = libraries {
        command.env("LD_LIBRARY_PATH", folder);
    }
    Ok(command)
}

/// PATH's or the unpacked one, and the folder of libraries that came with it.
fn find(project: &Project) -> Result<(PathBuf, Option<PathBuf>)> {
    if let Some(binary) = on_path(NAME) {
        return Ok((binary, None));
    }
    let folder = debian::folder(project, NAME);
    let binary = folder.join("usr/bin").join(NAME);
    ensure!(
        binary.exists(),
        "no {NAME}: run `scripts/test`, or install it (apt-get install {NAME})"
    );
    Ok((binary, Some(folder.join(debian::LIBRARIES))))
}
