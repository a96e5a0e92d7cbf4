//! `munjigi migrate`: helps a site to switch from another vendor.

mod check;

use std::fmt::Write;

use clap::Subcommand;

use super::{Fail, Shell, print};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi migrate
  munjigi migrate --serving munjigi_serve
  munjigi migrate check https://shop.example/contact

Without a subcommand, it migrates the database, as `munjigi serve` does when it
starts. You can run it at any time, and from several machines at once. The only
way to undo a migration is to restore a backup.")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Let another role serve: it may change rows, but not the schema, and it
    /// can only append to the audit log.
    #[arg(long, value_name = "ROLE")]
    serving: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows which vendor's CAPTCHA a page uses, and what to change to migrate it.
    Check(check::Arguments),
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        None => database(shell, arguments.serving.as_deref()).await,
        Some(Command::Check(arguments)) => check::run(arguments).await,
    }
}

async fn database(shell: &Shell, serving: Option<&str>) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let before = munjigi_store::applied(&pool).await?;
    let pooled = config.database.pooler.is_some().then(|| munjigi_store::pooled(&config.database));
    munjigi_store::prepare(&pool, pooled.as_ref()).await?;
    let mut text = String::new();
    for migration in munjigi_store::MIGRATOR.iter() {
        if !before.contains(&migration.version) {
            let _ = writeln!(text, "applied {} {}", migration.version, migration.description);
        }
    }
    if text.is_empty() {
        text.push_str("The schema is up to date. There is nothing to do.\n");
    }
    if let Some(role) = serving {
        munjigi_store::let_serve(&pool, role).await?;
        let _ = writeln!(text, "The role {role} may serve.");
    }
    print(&text)
}
