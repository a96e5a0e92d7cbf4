//! `munjigi account`: accounts of the console.

mod demo;
mod invite;

use super::{Fail, Shell};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Creates an organisation and a link that makes someone its owner.
    Invite(invite::Arguments),
    /// Creates a demo account with a public password, for development only.
    Demo(demo::Arguments),
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Invite(arguments) => invite::run(shell, arguments).await,
        Command::Demo(arguments) => demo::run(shell, arguments).await,
    }
}
