//! Tests that the example shops all behave alike.

use std::process::Command;

use anyhow::Result;

use super::node_tests::{self, Suite};
use super::{Context, Outcome};
use crate::say;
use crate::setup::require::Part;

const BROKEN: &str = "see the messages above";

pub(super) fn shops(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let target = project.target().join("examples");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path", "examples/shop-rust/Cargo.toml"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(project.root());
    say::run("the Rust shop", BROKEN, &mut cargo)?;
    let prepare = |node: &mut Command| {
        node.env("MUNJIGI_SHOP_RUST", target.join("debug/munjigi-example-shop"));
        if let Ok(python) = &context.python {
            node.env("MUNJIGI_PYTHON", python);
        }
    };
    let files = [project.at("examples/smoke.test.mjs")];
    let suite = Suite::one_by_one("the shops", &files);
    let tally = node_tests::run(context, &suite, prepare)?;
    context.outcome(&[Part::Python], tally)
}
