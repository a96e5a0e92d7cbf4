//! Debian's packages: installed if we are root, otherwise unpacked below
//! `.munjigi` without being installed, so that nothing in the system starts or
//! changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::executable::on_path;
use crate::files;
use crate::project::Project;
use crate::say;

/// The libraries of an unpacked package, below its folder.
pub(super) const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// A release that this system need not be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    /// Its name in the archive.
    pub suite: &'static str,
}

/// The keys that this system has of Debian's, by which apt verifies the archive.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Installs packages if we are root; otherwise names the command.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("sudo apt-get install -y {}", packages.join(" "));
    if !may_install() {
        bail!("missing, and this user is not root; install it: {by_hand}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        say::run("Debian packages", &by_hand, &mut command)
    };
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    // Package lists may be missing or too old.
    apt(&install).or_else(|_| {
        apt(&["update", "-qq"])?;
        apt(&install)
    })
}

/// Whether we can install packages.
pub(super) fn may_install() -> bool {
    rustix::process::geteuid().is_root() && on_path("apt-get").is_some()
}

pub(super) fn folder(project: &Project, name: &str) -> PathBuf {
    project.state().join(name)
}

/// Downloads what an installation would, and unpacks it into `folder(name)`.
pub(super) fn unpack(project: &Project, name: &str, packages: &[&str]) -> Result<()> {
    let remedy = format!("install it: apt-get install {}", packages.join(" "));
    ensure!(on_path("apt-get").is_some() && on_path("dpkg-deb").is_some(), "{remedy}");
    let names = missing(packages).or_else(|_| {
        // Package lists may be missing or old; only root can update them.
        let mut update = Command::new("apt-get");
        say::run("lists of Debian packages", &remedy, update.args(["update", "-qq"]))?;
        missing(packages)
    })?;
    let downloads = tempfile::tempdir()?;
    let mut download = Command::new("apt-get");
    // Apt's own user may not write into our folder, and apt would warn of it.
    download.args(["-o", "APT::Sandbox::User=root", "download", "-qq"]);
    download.args(&names).current_dir(downloads.path());
    say::run(&format!("{name} of Debian's packages"), &remedy, &mut download)?;
    unpack_all(project, name, downloads.path())
}

/// Unpacks these packages of a release into `folder(name)`. Apt's lists and
/// settings are left alone: it gets its own.
pub(super) fn unpack_of(
    release: &Release,
    project: &Project,
    name: &str,
    packages: &[&str],
) -> Result<()> {
    ensure!(on_path("apt-get").is_some() && on_path("dpkg-deb").is_some(), "there is no apt-get");
    let remedy = "check the connection to Debian's archive";
    let (own, downloads) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let place = own.path().display();
    for folder in ["state/lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(own.path().join(folder))?;
    }
    std::fs::write(own.path().join("state/status"), "")?;
    let source = format!("deb [signed-by={KEYS}] {} {} main\n", archive()?, release.suite);
    std::fs::write(own.path().join("sources.list"), source)?;
    let apt = |what: &str, arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        for option in [
            format!("Dir::Etc::SourceList={place}/sources.list"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State={place}/state"),
            format!("Dir::State::status={place}/state/status"),
            format!("Dir::Cache={place}/cache"),
            "APT::Sandbox::User=root".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        say::run(what, remedy, command.arg("-qq").args(arguments).current_dir(downloads.path()))
    };
    apt(&format!("lists of Debian's {}", release.suite), &["update"])?;
    apt(&format!("{name} of Debian's packages"), &[&["download"], packages].concat())?;
    unpack_all(project, name, downloads.path())
}

/// Where this system has its packages from, which has other releases as well.
fn archive() -> Result<String> {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
    let output = files::output_of(&mut apt, None)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let archive = said.lines().find(|line| line.trim_end_matches('/').ends_with("/debian"));
    archive.map(str::to_owned).context("apt's sources name no archive of Debian's")
}

/// Unpacks downloaded packages into `folder(name)`.
fn unpack_all(project: &Project, name: &str, downloads: &Path) -> Result<()> {
    // Another process may look while it is being unpacked.
    let half = project.state().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&half).with_context(|| format!("make {}", half.display()))?;
    for entry in std::fs::read_dir(downloads)? {
        extract(&entry?.path(), &half)?;
    }
    let whole = folder(project, name);
    drop(std::fs::remove_dir_all(&whole));
    std::fs::rename(&half, &whole).with_context(|| format!("make {}", whole.display()))
}

fn extract(package: &Path, into: &Path) -> Result<()> {
    let words: [OsString; 3] = ["-x".into(), package.into(), into.into()];
    let output = files::output_of(Command::new("dpkg-deb").args(words), None)?;
    ensure!(output.status.success(), "dpkg-deb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The packages that an installation would add.
fn missing(packages: &[&str]) -> Result<Vec<String>> {
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--simulate", "--no-install-recommends"]).args(packages);
    let output = files::output_of(&mut apt, None)?;
    let names = named(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() || names.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("apt-get knows no {}: {}", packages.join(" "), said.trim());
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
    fn packages_to_install_are_read_from_apts_output() {
        let said = "Reading package lists...\nInst liblzf1 (3.6-3 Debian:12.14 [amd64])\nInst redis-server (5:7.0 [amd64])\nConf liblzf1 (3.6-3)\n";
        assert_eq!(named(said), ["liblzf1", "redis-server"]);
    }
}
