//! The packages of `package-lock.json`, installed when they differ from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::say;

/// A lockfile of npm: ours, or the one that it keeps in `node_modules`.
#[derive(Debug, Deserialize)]
struct Lock {
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    version: Option<String>,
    #[serde(default)]
    optional: bool,
}

/// Installs the packages in the lockfile of a folder; `about` describes their
/// size.
pub(super) fn install(folder: &Path, about: &str) -> Result<()> {
    let wanted = read(&folder.join("package-lock.json"))?;
    let hidden = folder.join("node_modules/.package-lock.json");
    if read(&hidden).is_ok_and(|installed| wanted.is_satisfied_by(&installed)) {
        say::found(about, "as in package-lock.json");
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("PUPPETEER_SKIP_DOWNLOAD", "1")
        .current_dir(folder);
    let remedy =
        "Node 20 or later with npm must be on PATH, and the package registry must be reachable";
    say::run(about, remedy, &mut npm)
}

fn read(path: &Path) -> Result<Lock> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))
}

impl Lock {
    /// Optional packages are for other systems and may be absent.
    fn is_satisfied_by(&self, installed: &Self) -> bool {
        self.packages.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| {
            installed
                .packages
                .get(path)
                .map_or(package.optional, |other| other.version == package.version)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(text: &str) -> Lock {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn packages_of_other_systems_may_be_absent_and_versions_must_agree() {
        let wanted = lock(
            r#"{"packages":{"":{"version":"9"},"node_modules/a":{"version":"1"},
            "node_modules/b-darwin":{"version":"1","optional":true}}}"#,
        );
        assert!(
            wanted.is_satisfied_by(&lock(r#"{"packages":{"node_modules/a":{"version":"1"}}}"#))
        );
        assert!(
            !wanted.is_satisfied_by(&lock(r#"{"packages":{"node_modules/a":{"version":"2"}}}"#))
        );
        assert!(!wanted.is_satisfied_by(&lock(r#"{"packages":{}}"#)));
    }
}
