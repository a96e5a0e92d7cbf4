//! `munjigi keys …`.

mod generate;
mod rotate;

use clap::Subcommand;
use data_encoding::BASE64URL_NOPAD;
use time::OffsetDateTime;

use super::{Fail, Shell};
use crate::store::to_timestamp;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes the keys of a new installation.
    Generate(generate::Arguments),
    /// Prints the steps and values that replace a key without an outage.
    Rotate(rotate::Arguments),
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Generate(arguments) => generate::run(shell, arguments),
        Command::Rotate(arguments) => rotate::run(shell, arguments),
    }
}

/// A new key in its spelling.
fn new_key(shell: &Shell) -> String {
    BASE64URL_NOPAD.encode(&shell.entropy.bytes::<32>())
}

/// A name for a key made now: `k` and the day.
fn new_kid(shell: &Shell) -> String {
    let now: OffsetDateTime = to_timestamp(shell.clock.now());
    format!("k{:04}{:02}{:02}", now.year(), u8::from(now.month()), now.day())
}
