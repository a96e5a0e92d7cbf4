//! What tests of the installed gate need: a sandbox, an emulator, and tools that
//! read images, programs and units. On PATH, or unpacked from Debian's packages
//! without being installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::debian;
use super::require::{Part, Required};
use crate::files;
use crate::project::Project;
use crate::say;

/// Programs, and the packages that have them.
const PROGRAMS: [(&str, &str); 6] = [
    (SANDBOX, "bubblewrap"),
    ("qemu-aarch64", "qemu-user"),
    ("readelf", "binutils"),
    ("skopeo", "skopeo"),
    ("systemd-analyze", "systemd"),
    ("umoci", "umoci"),
];
const SANDBOX: &str = "bwrap";

/// Name of the folder of unpacked packages, in which `tests/install/places.mjs`
/// looks.
const FOLDER: &str = "install";

/// Finds or unpacks them; without all of them their tests are skipped, or fail
/// if they are required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = required.settle(Part::Install, all(project))?;
    Ok(found.map(|found| {
        for (name, program) in found {
            say::found(name, &program.display().to_string());
        }
    }))
}

fn all(project: &Project) -> Result<Vec<(&'static str, PathBuf)>> {
    let found = debian::programs(project, FOLDER, &PROGRAMS)?;
    sandboxes(project)?;
    Ok(found)
}

/// Whether the system lets someone without privileges have a sandbox.
fn sandboxes(project: &Project) -> Result<()> {
    let mut try_it = Command::new(debian::find(project, FOLDER, SANDBOX)?);
    try_it
        .args(["--unshare-all", "--ro-bind", "/", "/", "true"])
        .env("LD_LIBRARY_PATH", debian::folder(project, FOLDER).join(debian::LIBRARIES));
    let output = files::output_of(&mut try_it, None)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "this system forbids sandboxes: {}", said.trim());
    Ok(())
}
