//! `munjigi-tools readme`: what in the documents is made from files.

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::history::git;
use crate::project::Project;
use crate::{glossary, readme, security};

/// Writes it.
pub fn run(project: &Project) -> Result<ExitCode> {
    readme::write(project)?;
    let listing = git(project, &["ls-files", "-z"])?;
    security::write(project, &listing)?;
    glossary::write(project, &listing)?;
    Ok(ExitCode::SUCCESS)
}
