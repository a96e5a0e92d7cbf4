//! PgBouncer for tests: named by a variable, on PATH if it is new enough, or
//! unpacked from Debian 13's packages without being installed. It runs on that
//! release's own libc, which may be newer than the system's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::debian::{self, Release};
use super::executable::on_path;
use super::require::{Part, Required};
use crate::files;
use crate::project::Project;
use crate::say;

const VARIABLE: &str = "MUNJIGI_PGBOUNCER";
const NAME: &str = "pgbouncer";
/// The first version that keeps prepared statements in transaction mode.
const OLDEST: (u32, u32) = (1, 21);
/// Debian 13: the first release that has such a version.
const RELEASE: Release = Release { suite: "trixie" };
/// The program's libraries, and what these need of others.
const PACKAGES: [&str; 12] = [
    NAME,
    "libaudit1",
    "libc6",
    "libcap-ng0",
    "libcap2",
    "libcares2",
    "libevent-2.1-7t64",
    "libpam0g",
    "libssl3t64",
    "libsystemd0",
    "libzstd1",
    "zlib1g",
];

/// Finds or unpacks one; without one its tests are skipped, or fail if it is
/// required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = find(project).or_else(|_| {
        debian::unpack_of(&RELEASE, project, NAME, &PACKAGES)?;
        find(project)
    });
    let found = required.settle(Part::Pgbouncer, found)?;
    Ok(found.map(|found| say::found("PgBouncer", &found.program().display().to_string())))
}

/// A program, and the folder of a release that it runs on.
#[derive(Debug, Clone)]
pub struct Found {
    binary: PathBuf,
    release: Option<PathBuf>,
}

impl Found {
    /// Files that the account which runs it must be able to read.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.release.as_deref().unwrap_or(&self.binary)
    }

    /// A command that runs it from `root`, or a copy of that.
    #[must_use]
    pub fn command(&self, root: &Path) -> Command {
        if self.release.is_none() {
            return Command::new(root);
        }
        let libraries = root.join(debian::LIBRARIES);
        let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
        command.arg("--library-path").arg(&libraries).arg(root.join(&self.binary));
        command
    }

    fn program(&self) -> PathBuf {
        self.release.as_ref().map_or_else(|| self.binary.clone(), |root| root.join(&self.binary))
    }
}

/// The variable's value, PATH's, or the unpacked one.
pub fn find(project: &Project) -> Result<Found> {
    if let Some(binary) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        let found = Found { binary, release: None };
        ensure!(is_new(&found)?, "{VARIABLE} names a PgBouncer before {}.{}", OLDEST.0, OLDEST.1);
        return Ok(found);
    }
    let installed = on_path(NAME).or_else(|| on_path("/usr/sbin/pgbouncer"));
    if let Some(binary) = installed {
        let found = Found { binary, release: None };
        if is_new(&found).unwrap_or(false) {
            return Ok(found);
        }
    }
    let folder = debian::folder(project, NAME);
    let found = Found { binary: PathBuf::from("usr/sbin/pgbouncer"), release: Some(folder) };
    ensure!(
        found.program().exists(),
        "no PgBouncer from {}.{}: run `scripts/test`, or name one in {VARIABLE}",
        OLDEST.0,
        OLDEST.1
    );
    Ok(found)
}

fn is_new(found: &Found) -> Result<bool> {
    let mut command = found.command(found.root());
    let output = files::output_of(command.arg("--version"), None)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(version(&said).with_context(|| format!("PgBouncer's version: {said}"))? >= OLDEST)
}

/// Of the line `PgBouncer 1.24.1`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.lines().next()?.strip_prefix("PgBouncer ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("PgBouncer 1.24.1\nlibevent 2.1.13-stable\n"), Some((1, 24)));
        assert!(version("PgBouncer 1.9.0").is_some_and(|version| version < OLDEST));
        assert_eq!(version("pgbouncer: not found"), None);
    }
}
