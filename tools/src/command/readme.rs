//! `munjigi-tools readme`: what in the documents is made from files.

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::history::git;
use crate::project::Project;
use crate::{readme, security};

/// Writes it.
pub fn run(project: &Project) -> Result<ExitCode> {
    readme::write(project)?;
    security::write(project, &git(project, &["ls-files", "-z"])?)?;
    Ok(ExitCode::SUCCESS)
}
