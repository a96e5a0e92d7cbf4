//! The languages of `docs/verify` that a machine for this project need not have
//! otherwise: on PATH, or installed from Debian's packages.

use anyhow::{Result, ensure};

use super::debian;
use super::executable::on_path;
use super::require::{Part, Required};
use crate::say;

/// Each program, and the packages that have it and what its function calls.
const WANTED: [(&str, &[&str]); 3] =
    [("php", &["php-cli", "php-curl"]), ("ruby", &["ruby"]), ("go", &["golang-go"])];

/// Finds or installs them; without one its function is not tested, or the tests fail
/// if languages are required.
pub fn prepare(required: &Required) -> Result<Result<(), String>> {
    required.settle(Part::Languages, obtain())
}

fn obtain() -> Result<()> {
    let missing = || WANTED.iter().filter(|(program, _)| on_path(program).is_none());
    let packages: Vec<&str> = missing().flat_map(|(_, packages)| *packages).copied().collect();
    if !packages.is_empty() {
        debian::install(&packages)?;
    }
    let still: Vec<&str> = missing().map(|(program, _)| *program).collect();
    ensure!(still.is_empty(), "installed {}, but not on PATH", still.join(", "));
    for place in WANTED.iter().filter_map(|(program, _)| on_path(program)) {
        say::found("language", &place.display().to_string());
    }
    Ok(())
}
