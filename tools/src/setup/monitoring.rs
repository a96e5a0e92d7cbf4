//! Prometheus, Alertmanager and the exporters for tests of `deploy/prometheus`: on
//! PATH, or unpacked from Debian's packages without being installed. Nothing of
//! them is started here, nor by the system.

use anyhow::Result;

use super::debian;
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
    let found = required.settle(Part::Monitoring, debian::programs(project, FOLDER, &PROGRAMS))?;
    Ok(found.map(|found| {
        for (name, program) in found {
            say::found(name, &program.display().to_string());
        }
    }))
}
