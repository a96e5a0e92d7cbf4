//! The gate as an archive and as an image, for both kinds of machine: what
//! `scripts/images` makes, but compiled in a hurry.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::node_tests::{self, SecondTry, Suite};
use super::{Context, Outcome, javascript};
use crate::builds::Build;
use crate::images::{self, Machine, Profile, Wanted};
use crate::setup::require::Part;

pub(super) fn installed(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    Build::Widget.ensure(project)?;
    let [folder, again] = ["images", "images-again"].map(|name| project.target().join(name));
    let both = [Machine::X86, Machine::Arm];
    images::make(project, &both, Profile::Dev, folder.clone(), Wanted::All)?;
    images::make(project, &[Machine::Arm], Profile::Dev, again.clone(), Wanted::Packing)?;
    equal(&again, &folder)?;
    let files = javascript::test_files(&project.at("tests/install"))?;
    let what = "tests/install";
    let suite = Suite { what, files: &files, at_once: 1, second: SecondTry::Alone };
    let tally = node_tests::run(context, &suite, |node| {
        node.envs(context.browsers.variables.iter().cloned()).env("MUNJIGI_IMAGES", &folder);
    })?;
    context.outcome(&[Part::Chromium, Part::Install], tally)
}

/// Whether every sum of one folder is among another's.
fn equal(one: &Path, other: &Path) -> Result<()> {
    let read = |folder: &Path| std::fs::read_to_string(folder.join("SHA256SUMS"));
    let (some, all) = (read(one)?, read(other).context("read the sums")?);
    for line in some.lines() {
        ensure!(all.lines().any(|other| other == line), "packed twice, differs: {line}");
    }
    ensure!(!some.is_empty(), "nothing was packed");
    Ok(())
}
