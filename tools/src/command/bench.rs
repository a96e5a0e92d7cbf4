//! `munjigi-tools bench`: the tables of figures. `tests/bench` defines what is
//! measured and how the tables look.

use std::process::ExitCode;

use anyhow::Result;

use crate::builds::Build;
use crate::node::Node;
use crate::project::Project;
use crate::say;
use crate::setup::require::Required;
use crate::setup::{self, browsers, fleet};

/// Arguments of `munjigi-tools bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Names of benchmarks, and their options, as `tests/bench/run.mjs` takes them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Benchmarks that need only the origin and Postgres: no browser, edge or peer.
const OF_THE_ORIGIN: [&str; 1] = ["console"];

/// The benchmark that needs the browsers' drivers too.
const FLEET: &str = "fleet";

pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let variables = if arguments.is_of_the_origin() {
        setup::for_the_origin(project)?;
        Vec::new()
    } else {
        setup::for_building(project)?;
        setup::for_comparing(project)?;
        let mut variables = browsers::prepare(project, &Required::from_environment()?)?.variables;
        if arguments.includes(FLEET) {
            variables.extend(fleet::prepare(project));
        }
        say::heading("Build");
        Build::ensure_all(project)?;
        variables
    };
    say::heading("Measure");
    let mut node = Node::find(project)?.command();
    node.envs(variables);
    node.arg("tests/bench/run.mjs")
        .args(&arguments.words)
        .env("MUNJIGI_TOOLS", project.debug_binary("munjigi-tools"))
        .current_dir(project.root());
    say::run("benchmarks", "see the messages above", &mut node)?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn is_of_the_origin(&self) -> bool {
        let mut names = self.names().peekable();
        names.peek().is_some() && names.all(|name| OF_THE_ORIGIN.contains(&name))
    }

    /// Whether a benchmark runs: without names, all do.
    fn includes(&self, name: &str) -> bool {
        let mut names = self.names().peekable();
        names.peek().is_none() || names.any(|each| each == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|word| !word.starts_with("--"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_runs_when_it_is_named_or_nothing_is() {
        for (words, runs) in [
            (vec![], true),
            (vec!["--quick"], true),
            (vec!["fleet", "tools", "--only=selenium"], true),
            (vec!["edge", "--fleet"], false),
        ] {
            let words = words.into_iter().map(str::to_owned).collect();
            assert_eq!(Arguments { words }.includes(FLEET), runs);
        }
    }

    #[test]
    fn benchmarks_of_the_origin_build_nothing_else() {
        for (words, alone) in [
            (vec![], false),
            (vec!["console"], true),
            (vec!["--quick", "console", "--events=1000"], true),
            (vec!["console", "edge"], false),
            (vec!["--quick"], false),
        ] {
            let words = words.into_iter().map(str::to_owned).collect();
            assert_eq!(Arguments { words }.is_of_the_origin(), alone);
        }
    }
}
