//! `munjigi restore`.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Fail, Shell, print};
use crate::config::DatabaseConfig;
use crate::{backup, store};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  createdb munjigi_again
  MUNJIGI_DATABASE_URL=postgres://…/munjigi_again \\
    munjigi restore munjigi-2026-11-21.backup

The database has to be empty. Every byte of the file is looked at before
anything is written; the rows come back in one transaction, are counted, and
the schema is brought up to date. With --check nothing is written at all.

Undo: drop the database.")]
pub struct Arguments {
    /// What `munjigi backup` wrote.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Look at the file only; needs no database.
    #[arg(long)]
    check: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    if arguments.check {
        let manifest = backup::check(&arguments.file)?;
        return print(&format!(
            "whole: {} rows of {} tables, written by munjigi {}\n",
            manifest.rows(),
            manifest.tables.len(),
            manifest.program
        ));
    }
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = store::pool(&config.database);
    let manifest = backup::restore(&pool, &arguments.file).await?;
    print(&format!(
        "{} rows of {} tables are back, and the schema is up to date\nnext: `munjigi serve`, which publishes every site to the edge anew\n",
        manifest.rows(),
        manifest.tables.len()
    ))
}
