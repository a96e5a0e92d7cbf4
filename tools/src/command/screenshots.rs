//! `munjigi-tools screenshots`: what the READMEs show, by the journeys that see
//! it every time, into `docs/screenshots/`.

use std::process::ExitCode;

use anyhow::Result;

use crate::builds::Build;
use crate::node::Node;
use crate::project::Project;
use crate::say;
use crate::setup::require::Required;
use crate::setup::{self, browsers};

/// Takes them.
pub fn run(project: &Project) -> Result<ExitCode> {
    setup::for_building(project)?;
    let browsers = browsers::prepare(project, &Required::from_environment()?)?;
    say::heading("Build");
    Build::ensure_all(project)?;
    say::heading("Look");
    let mut node = Node::find(project)?.command();
    node.envs(browsers.variables);
    node.args(["--test", "--test-concurrency=1", "--test-name-pattern=as the README shows it"])
        .args(["tests/journeys/console.test.mjs", "tests/journeys/widget.test.mjs"])
        .env("MUNJIGI_WRITE", "1")
        .current_dir(project.root());
    say::run("screenshots", "see the messages above", &mut node)?;
    Ok(ExitCode::SUCCESS)
}
