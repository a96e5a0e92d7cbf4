//! What tests of the installed gate need: a sandbox, an emulator, and tools that
//! read images, programs and units. On PATH, or unpacked from Debian's packages
//! without being installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::debian;
use super::executable::on_path;
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
    let absent = PROGRAMS.iter().filter(|(name, _)| on_path(name).is_none());
    let packages: Vec<&str> = absent.map(|(_, package)| *package).collect();
    if PROGRAMS.iter().any(|(name, _)| find(project, name).is_err()) {
        debian::unpack(project, FOLDER, &packages)?;
    }
    let found = PROGRAMS.iter().map(|(name, _)| Ok((*name, find(project, name)?)));
    let found = found.collect::<Result<Vec<_>>>()?;
    sandboxes(project)?;
    Ok(found)
}

/// PATH's or the unpacked one.
fn find(project: &Project, name: &str) -> Result<PathBuf> {
    let ours = debian::folder(project, FOLDER).join("usr/bin").join(name);
    let found = on_path(name).or_else(|| ours.exists().then_some(ours));
    found.with_context(|| format!("no {name}: run `scripts/test`, or install it"))
}

/// Whether the system lets someone without privileges have a sandbox.
fn sandboxes(project: &Project) -> Result<()> {
    let mut try_it = Command::new(find(project, SANDBOX)?);
    try_it
        .args(["--unshare-all", "--ro-bind", "/", "/", "true"])
        .env("LD_LIBRARY_PATH", debian::folder(project, FOLDER).join(debian::LIBRARIES));
    let output = files::output_of(&mut try_it, None)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "this system forbids sandboxes: {}", said.trim());
    Ok(())
}
