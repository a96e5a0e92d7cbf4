//! `munjigi-tools bench`: the tables of figures. What is measured, and how the
//! tables look, is in `tests/bench`.

use std::process::ExitCode;

use anyhow::Result;

use crate::builds::Build;
use crate::node::Node;
use crate::project::Project;
use crate::say;
use crate::setup::require::Required;
use crate::setup::{self, browsers};

/// Arguments of `munjigi-tools bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Names of benchmarks, and their options, as `tests/bench/run.mjs` takes them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Measures.
pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    setup::for_building(project)?;
    setup::for_comparing(project)?;
    let browsers = browsers::prepare(project, &Required::from_environment()?)?;
    say::heading("Build");
    Build::ensure_all(project)?;
    say::heading("Measure");
    let mut node = Node::find(project)?.command();
    node.arg("tests/bench/run.mjs")
        .args(&arguments.words)
        .env("MUNJIGI_TOOLS", project.debug_binary("munjigi-tools"))
        .envs(browsers.variables)
        .current_dir(project.root());
    say::run("benchmarks", "see the messages above", &mut node)?;
    Ok(ExitCode::SUCCESS)
}
