//! `munjigi-tools queries`: writes the committed description of the SQL
//! queries.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::queries;

/// Arguments of `munjigi-tools queries`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Change nothing; fail if the description is stale
    #[arg(long)]
    check: bool,
}

pub async fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    if arguments.check {
        queries::check(project).await?;
    } else {
        queries::prepare(project).await?;
    }
    Ok(ExitCode::SUCCESS)
}
