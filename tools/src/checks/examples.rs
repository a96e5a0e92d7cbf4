//! Tests that the example shops all behave alike.

use std::process::Command;

use anyhow::Result;

use super::node_tests::{self, Suite};
use super::{Context, Outcome};
use crate::say;
use crate::setup::require::Part;

const BROKEN: &str = "see the messages above";
/// Its own folder of Cargo's: it has a lockfile of its own.
const TARGET: &str = "examples";

/// Builds the shop that is written in Rust.
pub(super) fn build(context: &Context) -> Result<()> {
    let project = &context.project;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path", "examples/shop-rust/Cargo.toml"])
        .env("CARGO_TARGET_DIR", project.target().join(TARGET))
        .current_dir(project.root());
    say::run("the Rust shop", BROKEN, &mut cargo)
}

pub(super) fn shops(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let prepare = |node: &mut Command| {
        node.env(
            "MUNJIGI_SHOP_RUST",
            project.target().join(TARGET).join("debug/munjigi-example-shop"),
        );
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
    };
    let files = [project.at("examples/smoke.test.mjs")];
    let suite = Suite::one_by_one("the shops", &files);
    let tally = node_tests::run(context, &suite, prepare)?;
    context.outcome(&[Part::Python], tally)
}
