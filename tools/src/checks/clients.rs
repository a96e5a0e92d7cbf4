//! Tests other vendors' client libraries, unmodified, against the edge.

use std::process::Command;

use anyhow::Result;

use super::node_tests::{self, Suite};
use super::{Context, Outcome};
use crate::builds::Build;
use crate::setup::require::Part;
use crate::{say, setup};

const BROKEN: &str = "see the messages above";
/// Its own folder of Cargo's: it has a lockfile of its own.
const TARGET: &str = "clients";

/// Builds the clients in Rust, and what all of them talk to.
pub(super) fn build(context: &Context) -> Result<()> {
    let project = &context.project;
    Build::ensure_all(project)?;
    setup::for_clients(project)?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path", "tests/clients/rust/Cargo.toml"])
        .env("CARGO_TARGET_DIR", project.target().join(TARGET))
        .current_dir(project.root());
    say::run("clients in Rust", BROKEN, &mut cargo)
}

pub(super) fn libraries(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let chromium = context.missing(Part::Chromium);
    let back_ends = Some("tests/clients/back-ends.test.mjs");
    let browsers = chromium.is_none().then_some("tests/clients/browsers.test.mjs");
    let files: Vec<_> =
        back_ends.into_iter().chain(browsers).map(|file| project.at(file)).collect();
    let prepare = |node: &mut Command| {
        node.env("MUNJIGI_CLIENTS", project.target().join(TARGET).join("debug/munjigi-clients"))
            .envs(context.browsers.variables.iter().cloned());
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
    };
    let suite = Suite::one_by_one("clients", &files);
    let tally = node_tests::run(context, &suite, prepare)?;
    context.outcome(&[Part::Python, Part::Chromium], tally)
}
