//! `munjigi outcomes …`.

mod import;

use clap::Subcommand;

use super::Fail;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reports what became of visitors, from a file of outcomes.
    Import(import::Arguments),
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Import(arguments) => import::run(arguments).await,
    }
}
