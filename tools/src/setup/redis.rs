//! Redis for tests: named by a variable, on PATH, or unpacked from Debian's
//! packages without being installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::debian;
use super::executable::on_path;
use super::require::{Part, Required};
use crate::project::Project;
use crate::say;

const VARIABLE: &str = "MUNJIGI_REDIS_SERVER";
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];
/// Name of the folder of unpacked packages.
const FOLDER: &str = "redis";

#[derive(Debug, Clone)]
pub struct Found {
    binary: PathBuf,
    libraries: Option<PathBuf>,
}

impl Found {
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        if let Some(folder) = &self.libraries {
            command.env("LD_LIBRARY_PATH", folder);
        }
        command
    }
}

/// Finds or unpacks one; without one its tests are skipped, or fail if it is
/// required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = find(project).or_else(|_| {
        debian::unpack(project, FOLDER, &["redis-server"])?;
        find(project)
    });
    let found = required.settle(Part::Redis, found)?;
    Ok(found.map(|found| say::found("Redis", &found.binary.display().to_string())))
}

/// The variable's value, PATH's, or the unpacked one.
pub fn find(project: &Project) -> Result<Found> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    if let Some(binary) = named.or_else(|| NAMES.iter().find_map(|name| on_path(name))) {
        return Ok(Found { binary, libraries: None });
    }
    let folder = debian::folder(project, FOLDER);
    let binary = folder.join("usr/bin/redis-server");
    ensure!(
        binary.exists(),
        "no redis-server: run `scripts/test`, install it (apt-get install redis-server), \
         or name one in {VARIABLE}"
    );
    Ok(Found { binary, libraries: Some(folder.join(debian::LIBRARIES)) })
}
