//! Prometheus, Alertmanager and the exporters for tests of `deploy/prometheus`: on
//! PATH, or unpacked from Debian's packages without being installed. Nothing of
//! them is started here, nor by the system.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::debian;
use super::executable::on_path;
use super::require::{Part, Required};
use crate::project::Project;
use crate::say;

/// Programs, and the packages that have them.
const PROGRAMS: [(&str, &str); 6] = [
    ("amtool", "prometheus-alertmanager"),
    ("prometheus", "prometheus"),
    ("prometheus-alertmanager", "prometheus-alertmanager"),
    ("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
    ("prometheus-node-exporter", "prometheus-node-exporter"),
    ("promtool", "prometheus"),
];

/// Name of the folder of unpacked packages, in which `tests/deploy/places.mjs`
/// looks.
const FOLDER: &str = "monitoring";

/// Finds or unpacks them; without all of them their tests are skipped, or fail
/// if they are required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = required.settle(Part::Monitoring, all(project))?;
    Ok(found.map(|found| {
        for (name, program) in found {
            say::found(name, &program.display().to_string());
        }
    }))
}

fn all(project: &Project) -> Result<Vec<(&'static str, PathBuf)>> {
    if PROGRAMS.iter().any(|(name, _)| find(project, name).is_err()) {
        let mut packages: Vec<&str> = PROGRAMS.iter().map(|(_, package)| *package).collect();
        packages.sort_unstable();
        packages.dedup();
        debian::unpack(project, FOLDER, &packages)?;
    }
    PROGRAMS.iter().map(|(name, _)| Ok((*name, find(project, name)?))).collect()
}

/// PATH's or the unpacked one.
fn find(project: &Project, name: &str) -> Result<PathBuf> {
    let ours = debian::folder(project, FOLDER).join("usr/bin").join(name);
    let found = on_path(name).or_else(|| ours.exists().then_some(ours));
    found.with_context(|| format!("no {name}: run `scripts/test`, or install it"))
}
