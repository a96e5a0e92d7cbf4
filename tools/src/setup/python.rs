//! Python with packages from the index, in virtual environments below
//! `.munjigi`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use super::executable::on_path;
use crate::files;
use crate::project::Project;
use crate::say;

/// The Flask example's and other vendors' clients'; installed one after the
/// other: only the second has hashes.
const REQUIREMENTS: [&str; 2] =
    ["examples/shop-flask/requirements.txt", "tests/clients/requirements.txt"];

/// A Python that has all that the tests need.
pub fn prepare(project: &Project) -> Result<PathBuf> {
    environment(project, &project.state().join("python"), &REQUIREMENTS)
}

/// The Python of an environment in `folder`, made again unless it has the
/// packages of exactly these files.
pub(super) fn environment(project: &Project, folder: &Path, required: &[&str]) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let mut requirements = String::new();
    for path in required {
        let text = std::fs::read_to_string(project.at(path));
        requirements += &text.with_context(|| format!("read {path}"))?;
    }
    let stamp = folder.join("requirements.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == requirements) {
        say::found("Python", &python.display().to_string());
        return Ok(python);
    }
    let system = on_path("python3").or_else(|| {
        debian::install(&["python3", "python3-venv"]).ok()?;
        on_path("python3")
    });
    let system =
        system.context("Python 3 is missing; install it: apt-get install python3 python3-venv")?;
    let mut venv = Command::new(&system);
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    if !files::output_of(&mut venv, None)?.status.success() {
        debian::install(&["python3-venv"])?;
        say::run("virtual environment", "apt-get install python3-venv", &mut venv)?;
    }
    for path in required {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(project.at(path));
        say::run("Python packages", "check that the package index is reachable", &mut pip)?;
    }
    std::fs::write(&stamp, requirements)?;
    Ok(python)
}
