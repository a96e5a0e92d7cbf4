//! `munjigi-tools i18n`: compares the translations with each other and with the
//! code.

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::i18n;
use crate::project::Project;

/// Prints every mistake; fails if there is one.
pub fn run(project: &Project) -> Result<ExitCode> {
    let problems = i18n::problems(project.root())?;
    for problem in &problems {
        println!("{problem}");
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
