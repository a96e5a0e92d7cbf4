//! Programs of Debian's packages that tests run: named by a variable, on PATH, or
//! unpacked below `.munjigi` without being installed. Nothing of them is started
//! here, nor by the system.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::debian;
use super::executable::on_path;
use super::require::{Part, Required};
use crate::files;
use crate::project::Project;
use crate::say;

/// What one part of the tests needs.
#[derive(Debug)]
pub struct Set {
    part: Part,
    /// Folder of unpacked packages below `.munjigi`, in which the tests look.
    folder: &'static str,
    /// Programs, and the packages that have them.
    wanted: &'static [(&'static str, &'static str)],
    /// A variable that names the first of them.
    variable: Option<&'static str>,
    /// Whether they work here, if that is not certain.
    works: Option<fn(&Project) -> Result<()>>,
}

pub const REDIS: Set = Set {
    part: Part::Redis,
    folder: "redis",
    wanted: &[("redis-server", "redis-server")],
    variable: Some("MUNJIGI_REDIS_SERVER"),
    works: None,
};
pub const STRACE: Set = Set {
    part: Part::Strace,
    folder: "strace",
    wanted: &[("strace", "strace")],
    variable: None,
    works: None,
};
/// A sandbox, an emulator, and tools that read images, programs and units.
pub const INSTALL: Set = Set {
    part: Part::Install,
    folder: "install",
    wanted: &[
        ("bwrap", "bubblewrap"),
        ("qemu-aarch64", "qemu-user"),
        ("readelf", "binutils"),
        ("skopeo", "skopeo"),
        ("systemd-analyze", "systemd"),
        ("umoci", "umoci"),
    ],
    variable: None,
    works: Some(sandboxes),
};
pub const MONITORING: Set = Set {
    part: Part::Monitoring,
    folder: "monitoring",
    wanted: &[
        ("amtool", "prometheus-alertmanager"),
        ("prometheus", "prometheus"),
        ("prometheus-alertmanager", "prometheus-alertmanager"),
        ("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
        ("prometheus-node-exporter", "prometheus-node-exporter"),
        ("promtool", "prometheus"),
    ],
    variable: None,
    works: None,
};
/// Those of the proxies that Debian has.
pub(super) const PROXIES: Set = Set {
    part: Part::Proxies,
    folder: "proxies-debian",
    wanted: &[("nginx", "nginx"), ("haproxy", "haproxy")],
    variable: None,
    works: None,
};

/// Finds or unpacks them; without all of them their tests are skipped, or fail if
/// they are required.
pub fn prepare(set: &Set, project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = required.settle(set.part, set.obtain(project))?;
    Ok(found.map(|found| {
        for (name, program) in found {
            say::found(name, &program.display().to_string());
        }
    }))
}

impl Set {
    /// A command that runs one of them, with the libraries that came with it.
    pub fn command(&self, project: &Project, program: &str) -> Result<Command> {
        let place = self.find(project, program)?;
        let folder = debian::folder(project, self.folder);
        let is_unpacked = place.starts_with(&folder);
        let mut command = Command::new(place);
        if is_unpacked {
            command.env("LD_LIBRARY_PATH", folder.join(debian::LIBRARIES));
        }
        Ok(command)
    }

    pub(super) fn obtain(&self, project: &Project) -> Result<Vec<(&'static str, PathBuf)>> {
        let found = || -> Result<Vec<_>> {
            let each =
                |(program, _): &(&'static str, &str)| Ok((*program, self.find(project, program)?));
            self.wanted.iter().map(each).collect()
        };
        let found = found().or_else(|_| {
            let absent = self.wanted.iter().filter(|(program, _)| installed(program).is_none());
            let packages: BTreeSet<&str> = absent.map(|(_, package)| *package).collect();
            debian::unpack(project, self.folder, &packages.into_iter().collect::<Vec<_>>())?;
            found()
        })?;
        self.works.map_or(Ok(()), |works| works(project))?;
        Ok(found)
    }

    /// The variable's program, the system's, or the unpacked one.
    fn find(&self, project: &Project, program: &str) -> Result<PathBuf> {
        let is_first = self.wanted.first().is_some_and(|(first, _)| *first == program);
        let variable = self.variable.filter(|_| is_first);
        let named = variable.and_then(std::env::var_os).map(PathBuf::from);
        let unpacked = || {
            let folder = debian::folder(project, self.folder).join("usr");
            let places = ["bin", "sbin"].map(|place| folder.join(place).join(program));
            places.into_iter().find(|place| place.exists())
        };
        let found = named.or_else(|| installed(program)).or_else(unpacked);
        found.with_context(|| {
            let variable = variable.map(|name| format!(", or name one in {name}"));
            let variable = variable.unwrap_or_default();
            format!("no {program}: run `scripts/test`, or install it{variable}")
        })
    }
}

/// On PATH, or where it is for root alone.
pub(super) fn installed(program: &str) -> Option<PathBuf> {
    on_path(program).or_else(|| on_path(&format!("/usr/sbin/{program}")))
}

/// Whether the system lets someone without privileges have a sandbox.
fn sandboxes(project: &Project) -> Result<()> {
    let mut command = INSTALL.command(project, "bwrap")?;
    command.args(["--unshare-all", "--ro-bind", "/", "/", "true"]);
    let output = files::output_of(&mut command, None)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "this system forbids sandboxes: {}", said.trim());
    Ok(())
}
