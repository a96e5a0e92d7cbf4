//! What the fleet benchmark's automation tools need beside a browser: the
//! drivers of Chromium and Firefox, and a Python of their own. A missing one is named, and the benchmark
//! goes on without its tools.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::browsers::locate;
use super::{cargo_tools, debian, python};
use crate::project::Project;
use crate::say;

/// Firefox's driver, which Debian does not package.
const GECKODRIVER: (&str, &str) = ("geckodriver", "0.37.1");

/// A variable's name and how to find or install what it points to.
type Recipe = (&'static str, fn(&Project) -> Result<PathBuf>);

const RECIPES: [Recipe; 3] = [
    ("MUNJIGI_CHROMEDRIVER", chromedriver),
    ("MUNJIGI_GECKODRIVER", geckodriver),
    ("MUNJIGI_FLEET_PYTHON", packages),
];

/// The variables of all that is there after installing what can be installed.
pub fn prepare(project: &Project) -> Vec<(&'static str, PathBuf)> {
    RECIPES
        .iter()
        .filter_map(|(variable, obtain)| match obtain(project) {
            Ok(path) => {
                say::found(variable, &path.display().to_string());
                Some((*variable, path))
            }
            Err(reason) => {
                println!("   {variable} is missing: {reason:#}");
                None
            }
        })
        .collect()
}

/// Debian builds it with its Chromium: the versions agree.
fn chromedriver(_: &Project) -> Result<PathBuf> {
    let find = || locate("MUNJIGI_CHROMEDRIVER", &["chromedriver"]);
    if find().is_none() {
        debian::install(&["chromium-driver"])?;
    }
    find().context("installed chromium-driver but still found no chromedriver")
}

fn geckodriver(project: &Project) -> Result<PathBuf> {
    if let Some(path) = locate("MUNJIGI_GECKODRIVER", &["geckodriver"]) {
        return Ok(path);
    }
    cargo_tools::install(project, GECKODRIVER, &[])?;
    Ok(project.state().join("tools/bin/geckodriver"))
}

fn packages(project: &Project) -> Result<PathBuf> {
    let folder = project.state().join("fleet-python");
    python::environment(project, &folder, &["tests/fleet/requirements.txt"])
}
