//! Other vendors' client libraries, unmodified, before the edge.

use std::process::Command;

use anyhow::Result;

use super::{Context, Outcome};
use crate::builds::Build;
use crate::setup::require::Part;
use crate::{say, setup};

const BROKEN: &str = "see the messages above";

pub(super) fn libraries(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    Build::ensure_all(project)?;
    setup::for_clients(project)?;
    let target = project.target().join("clients");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path", "tests/clients/rust/Cargo.toml"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(project.root());
    say::run("clients in Rust", BROKEN, &mut cargo)?;
    let chromium = context.browsers.missing.iter().find(|(part, _)| *part == Part::Chromium);
    let mut node = context.node.command();
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .arg("tests/clients/back-ends.test.mjs")
        .args(chromium.is_none().then_some("tests/clients/browsers.test.mjs"))
        .env("MUNJIGI_CLIENTS", target.join("debug/munjigi-clients"))
        .envs(context.browsers.variables.iter().cloned())
        .current_dir(project.root());
    if let Ok(python) = &context.python {
        node.env("MUNJIGI_PYTHON", python);
    }
    say::run("clients", BROKEN, &mut node)?;
    match (&context.python, chromium) {
        (Err(reason), _) => context.missing(Part::Python, reason),
        (_, Some((part, reason))) => context.missing(*part, reason),
        (Ok(_), None) => Ok(Outcome::Passed),
    }
}
