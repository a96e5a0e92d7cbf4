//! `munjigi-tools bench`: the tables of figures. `tests/bench` defines what is
//! measured and how the tables look.

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

/// Benchmarks that need only the origin and Postgres: no browser, edge or peer.
const OF_THE_ORIGIN: [&str; 1] = ["console"];

pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let variables = if arguments.is_of_the_origin() {
        setup::for_the_origin(project)?;
        Vec::new()
    } else {
        setup::for_building(project)?;
        setup::for_comparing(project)?;
        let browsers = browsers::prepare(project, &Required::from_environment()?)?;
        say::heading("Build");
        Build::ensure_all(project)?;
        browsers.variables
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
        let mut names = self.words.iter().filter(|word| !word.starts_with("--")).peekable();
        names.peek().is_some() && names.all(|name| OF_THE_ORIGIN.contains(&name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
