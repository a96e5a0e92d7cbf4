//! `munjigi pictures …`.

mod refill;
mod status;
mod switch;

use clap::Subcommand;

use super::{Fail, Shell};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the state of the picture pools.
    Status(status::Arguments),
    /// Turns on a kind of picture, regardless of its measured pass rate.
    #[command(after_help = "Example:\n  munjigi pictures on grid")]
    On(switch::Arguments),
    /// Turns off a kind of picture until it is turned on again.
    #[command(after_help = "Example:\n  munjigi pictures off grid")]
    Off(switch::Arguments),
    /// Draws a new pack of every kind now.
    Refill(refill::Arguments),
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Status(arguments) => status::run(shell, arguments).await,
        Command::On(arguments) => switch::run(shell, arguments, switch::Way::On).await,
        Command::Off(arguments) => switch::run(shell, arguments, switch::Way::Off).await,
        Command::Refill(arguments) => refill::run(shell, arguments).await,
    }
}
