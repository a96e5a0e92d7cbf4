//! Checks that run Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::node_tests::{self, SecondTry, Suite};
use super::{Context, Outcome, Tally, apart, cargo};
use crate::builds::Build;
use crate::setup::require::Part;
use crate::{publish as publishing, say};

const BROKEN: &str = "see the messages above";

pub(super) fn widget(context: &Context) -> Result<Outcome> {
    // Its build script fails above the size limits of a first visit.
    Build::Widget.ensure(&context.project)?;
    Ok(Outcome::Passed)
}

pub(super) fn publish(context: &Context) -> Result<Outcome> {
    Build::Widget.ensure(&context.project)?;
    Build::Worker.ensure(&context.project)?;
    publishing::dry_run(&context.project)?;
    Ok(Outcome::Passed)
}

pub(super) fn types(context: &Context) -> Result<Outcome> {
    for config in ["widget/tsconfig.json", "tests/tsconfig.json"] {
        ensure!(context.project.at(config).exists(), "{config} is missing");
        let mut tsc = context.node.command();
        tsc.arg(context.project.at("node_modules/typescript/bin/tsc"))
            .args(["--noEmit", "-p", config])
            .current_dir(context.project.root());
        say::run("TypeScript", BROKEN, &mut tsc)?;
    }
    Ok(Outcome::Passed)
}

pub(super) fn widget_tests(context: &Context) -> Result<Outcome> {
    let files = test_files(&context.project.at("widget/test"))?;
    Ok(node_test(context, &Suite::one_by_one("widget/test", &files))?.outcome())
}

/// The tests of what the benchmarks compute and write; they measure nothing.
pub(super) fn bench_tests(context: &Context) -> Result<Outcome> {
    let mut files = test_files(&context.project.at("tests/bench"))?;
    files.extend(test_files(&context.project.at("tests/fleet"))?);
    Ok(node_test(context, &Suite::one_by_one("tests of the benchmarks", &files))?.outcome())
}

/// Builds what the gate's tests start.
pub(super) fn build_gate(context: &Context) -> Result<()> {
    Build::Widget.ensure(&context.project)?;
    Build::Gate.ensure(&context.project)?;
    cargo::build_of_the_whole(context, "gate")
}

/// The gate as a newcomer meets it, behind proxies, and as it meets bad input:
/// with no other part of ours. Its other tests are in `unit` and `whole`.
pub(super) fn gate(context: &Context) -> Result<Outcome> {
    cargo::gate_alone(context)?;
    let files = test_files(&context.project.at("tests/gate"))?;
    let suite = Suite { what: "tests/gate", files: &files, at_once: 2, second: SecondTry::Alone };
    let tally = node_test(context, &suite)?;
    let browsers = [Part::Chromium, Part::Firefox, Part::Webkit];
    context.outcome(&[&browsers[..], &[Part::Proxies, Part::Python, Part::Strace]].concat(), tally)
}

/// Builds what the tests of `deploy/` start.
pub(super) fn build_deploy(context: &Context) -> Result<()> {
    for build in [Build::Widget, Build::Gate, Build::Origin, Build::Visitors] {
        build.ensure(&context.project)?;
    }
    Ok(())
}

/// The files of `deploy/` for a whole machine: what starts it and what watches it.
pub(super) fn deploy(context: &Context) -> Result<Outcome> {
    let files = test_files(&context.project.at("tests/deploy"))?;
    // Most of the time they wait.
    let suite = Suite { what: "tests/deploy", files: &files, at_once: 2, second: SecondTry::Alone };
    let tally = node_test(context, &suite)?;
    context.outcome(&[Part::Install, Part::Monitoring, Part::Proxies], tally)
}

/// Builds what the journeys start.
pub(super) fn build_journeys(context: &Context) -> Result<()> {
    Build::ensure_all(&context.project)?;
    for build in [Build::Gate, Build::GpuBackend, Build::Visitors] {
        build.ensure(&context.project)?;
    }
    apart::build(&context.project, apart::VERIFY)
}

/// The journeys that last longest, as the end of their log tells it: they begin
/// before all others, so that none of them is left alone at the end.
const LONG_JOURNEYS: [&str; 11] = [
    "life.test.mjs",
    "pictures-view.test.mjs",
    "cut-off.test.mjs",
    "photos.test.mjs",
    "vendor-pages.test.mjs",
    "pages.test.mjs",
    "defence.test.mjs",
    "contract.test.mjs",
    "widget.test.mjs",
    "pictures.test.mjs",
    "pass.test.mjs",
];

pub(super) fn journeys(context: &Context) -> Result<Outcome> {
    let mut files = test_files(&context.project.at("tests/journeys"))?;
    let place = |file: &PathBuf| LONG_JOURNEYS.iter().position(|long| file.ends_with(long));
    files.sort_by_key(|file| place(file).unwrap_or(LONG_JOURNEYS.len()));
    // A file starts a stack of its own, on ports of its own. Three of them keep two
    // cores busy also where one waits; what compiles meanwhile gives way to them.
    let suite =
        Suite { what: "tests/journeys", files: &files, at_once: 3, second: SecondTry::Alone };
    let tally = node_test(context, &suite)?;
    let browsers = [Part::Chromium, Part::Firefox, Part::Webkit];
    context.outcome(&[&browsers[..], &[Part::Languages, Part::Redis, Part::Photos]].concat(), tally)
}

fn node_test(context: &Context, suite: &Suite<'_>) -> Result<Tally> {
    ensure!(!suite.files.is_empty(), "{} has no tests", suite.what);
    let prepare = |node: &mut Command| {
        node.envs(context.browsers.variables.iter().cloned());
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
        if context.redis.is_err() {
            // If it is required, set-up has already failed.
            node.env("MUNJIGI_MISSING", Part::Redis.name());
        }
    };
    node_tests::run(context, suite, prepare)
}

pub(super) fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("list {}", folder.display()))?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
