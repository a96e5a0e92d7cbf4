//! Tests that the example shops all behave alike.

use std::process::Command;

use anyhow::Result;

use super::node_tests::{self, Suite};
use super::{Context, Outcome, apart};
use crate::setup::require::Part;

/// Builds the shop that is written in Rust.
pub(super) fn build(context: &Context) -> Result<()> {
    apart::build(&context.project, apart::SHOP)
}

pub(super) fn shops(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let prepare = |node: &mut Command| {
        node.env("MUNJIGI_SHOP_RUST", apart::program(project, "munjigi-example-shop"));
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
    };
    let files = [project.at("examples/smoke.test.mjs")];
    let suite = Suite::one_by_one("the shops", &files);
    let tally = node_tests::run(context, &suite, prepare)?;
    context.outcome(&[Part::Python], tally)
}
