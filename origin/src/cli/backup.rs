//! `munjigi backup`.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Fail, Shell, print};
use crate::backup;
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi backup munjigi-2026-11-21.backup

Takes one consistent snapshot without downtime. The file contains accounts,
hashes of secrets and sealed keys. Only its owner can read it; protect it like
the database. Back up the keys of the installation separately:
MUNJIGI_CONSOLE_KEYS opens the sealed values and is not in the file.

Undo: delete the file.")]
pub struct Arguments {
    /// The file to write. It must not exist.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let manifest = backup::write(&pool, &arguments.file, shell.clock.now()).await?;
    print(&format!(
        "Saved {} rows of {} tables to {}\nThe file contains hashes of secrets and people's addresses. Only you can read it; keep it that way.\n",
        manifest.rows(),
        manifest.tables.len(),
        arguments.file.display()
    ))
}
