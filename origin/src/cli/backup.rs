//! `munjigi backup`.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Fail, Shell, print};
use crate::config::DatabaseConfig;
use crate::{backup, store};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi backup munjigi-2026-11-21.backup

One consistent snapshot, while everything goes on. The file holds accounts,
hashes of secrets and sealed keys: only its owner may read it, and whoever gets
it should be as trusted as the database. Keep the keys of the installation too:
MUNJIGI_CONSOLE_KEYS opens what is sealed, and is not in the file.

Undo: remove the file.")]
pub struct Arguments {
    /// Where to; there must be no such file.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = store::pool(&config.database);
    let manifest = backup::write(&pool, &arguments.file, shell.clock.now()).await?;
    print(&format!(
        "{} rows of {} tables in {}\nit holds hashes of secrets and people's addresses: only you may read it; keep it so\n",
        manifest.rows(),
        manifest.tables.len(),
        arguments.file.display()
    ))
}
