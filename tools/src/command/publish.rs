//! `munjigi-tools publish`: publishes the worker to Cloudflare.

use std::process::ExitCode;

use anyhow::Result;

use crate::builds::Build;
use crate::project::Project;
use crate::{publish, say, setup};

/// Arguments of `munjigi-tools publish`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Dry run: check and pack, but upload nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    setup::for_building(project)?;
    say::heading("Build");
    Build::Widget.ensure(project)?;
    Build::Worker.ensure(project)?;
    say::heading("Publish");
    if arguments.dry_run {
        publish::dry_run(project)?;
    } else {
        publish::publish(project)?;
    }
    Ok(ExitCode::SUCCESS)
}
