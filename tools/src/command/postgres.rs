//! `munjigi-tools postgres`: a temporary Postgres for one command or until
//! standard input closes.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::postgres::{Data, Postgres};
use crate::process::Service;
use crate::project::Project;

/// Arguments of `munjigi-tools postgres`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Flush writes to disk as in production, to measure them
    #[arg(long)]
    flush: bool,
    /// A command to run with DATABASE_URL; without one, print the URL
    #[arg(last = true)]
    command: Vec<String>,
}

/// Runs the command, or prints the address and waits.
pub async fn run(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let (url, mut ours) = if let Ok(given) = std::env::var("MUNJIGI_DATABASE_URL") {
        (given, None)
    } else {
        let log = project.state().join("logs/postgres-tests.log");
        let data = if arguments.flush { Data::Measured } else { Data::Temporary };
        let postgres = Postgres::start(project, data, None, log).await?;
        (postgres.url(), Some(postgres))
    };
    let result = match arguments.command.split_first() {
        None => wait_for_the_end(&url).await,
        Some((program, rest)) => run_with(&url, program, rest).await,
    };
    if let Some(postgres) = &mut ours {
        postgres.stop().await?;
    }
    result
}

async fn wait_for_the_end(url: &str) -> Result<ExitCode> {
    println!("{url}");
    tokio::select! {
        () = super::input_closed() => {}
        stopped = super::stop_requested() => stopped?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_with(url: &str, program: &str, arguments: &[String]) -> Result<ExitCode> {
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", url)
        // Queries are checked against the committed data: this database is
        // empty until a test migrates its own.
        .env("SQLX_OFFLINE", std::env::var("SQLX_OFFLINE").unwrap_or_else(|_| "true".to_owned()))
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {program}"))?;
    tokio::select! {
        status = child.wait() => {
            let code = status?.code().and_then(|code| u8::try_from(code).ok());
            Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        stopped = super::stop_requested() => {
            stopped?;
            Ok(ExitCode::FAILURE)
        }
    }
}
