//! Tests other vendors' client libraries, unmodified, against the edge.

use std::process::Command;

use anyhow::Result;

use super::node_tests::{self, Suite};
use super::{Context, Outcome, apart};
use crate::builds::Build;
use crate::setup;
use crate::setup::require::Part;

/// Builds the clients in Rust, and what all of them talk to.
pub(super) fn build(context: &Context) -> Result<()> {
    let project = &context.project;
    Build::ensure_all(project)?;
    setup::for_clients(project)?;
    apart::build(project, apart::CLIENTS)
}

pub(super) fn libraries(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let chromium = context.missing(Part::Chromium);
    let back_ends = Some("tests/clients/back-ends.test.mjs");
    let in_pages = ["tests/clients/browsers.test.mjs", "tests/clients/frameworks.test.mjs"];
    let browsers = chromium.is_none().then_some(in_pages).into_iter().flatten();
    let files: Vec<_> =
        back_ends.into_iter().chain(browsers).map(|file| project.at(file)).collect();
    let prepare = |node: &mut Command| {
        node.env("MUNJIGI_CLIENTS", apart::program(project, "munjigi-clients"))
            .envs(context.browsers.variables.iter().cloned());
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
    };
    let suite = Suite::one_by_one("clients", &files);
    let tally = node_tests::run(context, &suite, prepare)?;
    context.outcome(&[Part::Python, Part::Chromium], tally)
}
