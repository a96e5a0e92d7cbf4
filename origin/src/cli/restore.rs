//! `munjigi restore`.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Fail, Shell, print};
use crate::backup;
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  createdb munjigi_again
  MUNJIGI_DATABASE_URL=postgres://…/munjigi_again \\
    munjigi restore munjigi-2026-11-21.backup

The database must be empty. The whole file is verified before anything is
written. The rows are restored in one transaction and counted, then the schema
is migrated. With --check, nothing is written.

Undo: drop the database.")]
pub struct Arguments {
    /// A file written by `munjigi backup`.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Only verify the file; needs no database.
    #[arg(long)]
    check: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    if arguments.check {
        let manifest = backup::check(&arguments.file)?;
        return print(&format!(
            "The file is complete: {} rows of {} tables, written by munjigi {}\n",
            manifest.rows(),
            manifest.tables.len(),
            manifest.program
        ));
    }
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let manifest = backup::restore(&pool, &arguments.file).await?;
    print(&format!(
        "Restored {} rows of {} tables. The schema is up to date.\nNext: run `munjigi serve`, which publishes every site to the edge again.\n",
        manifest.rows(),
        manifest.tables.len()
    ))
}
