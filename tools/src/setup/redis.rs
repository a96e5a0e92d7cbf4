//! Redis for tests: named by a variable, on PATH, or of Debian's packages,
//! unpacked below `.munjigi` without being installed: no root is needed, and
//! nothing of the system starts or changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::browsers::on_path;
use super::require::{Part, Required};
use crate::files;
use crate::project::Project;
use crate::say;

const VARIABLE: &str = "MUNJIGI_REDIS_SERVER";
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// A server's binary.
#[derive(Debug, Clone)]
pub struct Found {
    binary: PathBuf,
    libraries: Option<PathBuf>,
}

impl Found {
    /// A command that runs it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        if let Some(folder) = &self.libraries {
            command.env("LD_LIBRARY_PATH", folder);
        }
        command
    }
}

/// Gets one where there is none; without one its tests are skipped, or fail
/// where it is required.
pub fn prepare(project: &Project, required: &Required) -> Result<()> {
    let found = find(project).or_else(|_| {
        unpack(project)?;
        find(project)
    });
    match found {
        Ok(found) => say::found("Redis", &found.binary.display().to_string()),
        Err(reason) if required.includes(Part::Redis) => return Err(reason),
        Err(reason) => println!("   redis is missing: {reason:#}"),
    }
    Ok(())
}

/// The variable's word, PATH's, or what was unpacked.
pub fn find(project: &Project) -> Result<Found> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    if let Some(binary) = named.or_else(|| NAMES.iter().find_map(|name| on_path(name))) {
        return Ok(Found { binary, libraries: None });
    }
    let folder = folder(project);
    let binary = folder.join("usr/bin/redis-server");
    ensure!(
        binary.exists(),
        "no redis-server: run `scripts/test`, install it (apt-get install redis-server), \
         or name one in {VARIABLE}"
    );
    Ok(Found { binary, libraries: Some(folder.join(LIBRARIES)) })
}

fn folder(project: &Project) -> PathBuf {
    project.state().join("redis")
}

/// Downloads what an installation would, and unpacks it.
fn unpack(project: &Project) -> Result<()> {
    let remedy = "install it: apt-get install redis-server";
    ensure!(on_path("apt-get").is_some() && on_path("dpkg-deb").is_some(), "{remedy}");
    let names = packages().or_else(|_| {
        // Lists may be missing or old; only root may renew them.
        let mut update = Command::new("apt-get");
        say::run("lists of Debian packages", remedy, update.args(["update", "-qq"]))?;
        packages()
    })?;
    let downloads = tempfile::tempdir()?;
    let mut download = Command::new("apt-get");
    download.args(["download", "-qq"]).args(&names).current_dir(downloads.path());
    say::run("Redis of Debian's packages", remedy, &mut download)?;
    // Another process may look while it is unpacked.
    let half = project.state().join(format!("redis-{}", std::process::id()));
    for entry in std::fs::read_dir(downloads.path())? {
        extract(&entry?.path(), &half)?;
    }
    let whole = folder(project);
    drop(std::fs::remove_dir_all(&whole));
    std::fs::rename(&half, &whole).with_context(|| format!("make {}", whole.display()))
}

fn extract(package: &Path, into: &Path) -> Result<()> {
    let words: [OsString; 3] = ["-x".into(), package.into(), into.into()];
    let output = files::output_of(Command::new("dpkg-deb").args(words), None)?;
    ensure!(output.status.success(), "dpkg-deb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// What an installation would bring that is not here.
fn packages() -> Result<Vec<String>> {
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--simulate", "--no-install-recommends", "redis-server"]);
    let output = files::output_of(&mut apt, None)?;
    let names = named(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() || names.is_empty() {
        bail!("apt-get knows no redis-server: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(names)
}

/// The names in lines such as `Inst liblzf1 (3.6-3 Debian:12 [amd64])`.
fn named(simulated: &str) -> Vec<String> {
    let installed = simulated.lines().filter_map(|line| line.strip_prefix("Inst "));
    installed.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_installed_is_read_from_what_apt_says() {
        let said = "Reading package lists...\nInst liblzf1 (3.6-3 Debian:12.14 [amd64])\nInst redis-server (5:7.0 [amd64])\nConf liblzf1 (3.6-3)\n";
        assert_eq!(named(said), ["liblzf1", "redis-server"]);
    }
}
