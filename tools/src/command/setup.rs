//! `munjigi-tools setup`: installs missing tools.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::setup::require::Required;
use crate::setup::{self, browsers, programs, vulkan};

/// Arguments of `munjigi-tools setup`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// What to set up for
    #[arg(long = "for", value_enum, default_value_t = Purpose::Dev)]
    purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Purpose {
    Dev,
    Test,
}

pub fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    setup::for_building(project)?;
    if arguments.purpose == Purpose::Test {
        let required = Required::from_environment()?;
        browsers::prepare(project, &required)?;
        drop(programs::prepare(&programs::REDIS, project, &required)?);
        drop(vulkan::prepare(project, &required)?);
        setup::python::prepare(project)?;
    }
    Ok(ExitCode::SUCCESS)
}
