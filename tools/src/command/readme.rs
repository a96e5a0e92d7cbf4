//! `munjigi-tools readme`: the table in the READMEs that is made from files.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::readme;

/// Writes it.
pub fn run(project: &Project) -> Result<ExitCode> {
    readme::write(project)?;
    Ok(ExitCode::SUCCESS)
}
