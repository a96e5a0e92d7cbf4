//! `munjigi photos …`.

mod attack;
mod import;
mod model;

use clap::Subcommand;

use super::{Fail, Shell};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Imports the photos in a folder or bucket, to be reviewed in the console.
    Import(import::Arguments),
    /// Measures how often a program with a classifier passes grids of the accepted photos.
    Attack(attack::Arguments),
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Import(arguments) => import::run(shell, arguments).await,
        Command::Attack(arguments) => attack::run(shell, arguments).await,
    }
}
