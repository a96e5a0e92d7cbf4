//! `munjigi migrate`.

use std::fmt::Write;

use super::{Exit, Fail, Shell, print};
use crate::config::DatabaseConfig;
use crate::store;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi migrate

`munjigi serve` does the same at its start. Safe to run at any time and from
several machines at once. There is no way back but a backup.")]
pub struct Arguments {}

pub async fn run(shell: &Shell, _: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = store::pool(&config.database);
    let before = store::applied(&pool).await?;
    store::migrate(&pool).await?;
    crate::pictures::migrate_queue(&pool).await.map_err(|error| {
        Fail::new(Exit::Failed, "the tables of the queue of jobs are not up to date", error)
            .mend("the database's user must be allowed to create a schema")
    })?;
    let mut text = String::new();
    for migration in store::MIGRATOR.iter() {
        if !before.contains(&migration.version) {
            let _ = writeln!(text, "applied {} {}", migration.version, migration.description);
        }
    }
    if text.is_empty() {
        text.push_str("the schema is up to date; nothing to do\n");
    }
    print(&text)
}
