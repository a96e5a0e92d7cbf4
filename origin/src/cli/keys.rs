//! `munjigi keys …`.

mod derive;
mod generate;
mod rotate;

use clap::Subcommand;
use data_encoding::BASE64URL_NOPAD;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::KeyRing;
use time::OffsetDateTime;

use super::{Exit, Fail, Shell};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generates the keys of a new installation.
    Generate(generate::Arguments),
    /// Prints the edge's or gpu-backend's keys for internal calls.
    Derive(derive::Arguments),
    /// Prints the steps and values to replace a key without downtime.
    Rotate(rotate::Arguments),
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    match &arguments.command {
        Command::Generate(arguments) => generate::run(shell, arguments),
        Command::Derive(arguments) => derive::run(shell, arguments),
        Command::Rotate(arguments) => rotate::run(shell, arguments),
    }
}

/// A new key in its text form.
fn new_key(shell: &Shell) -> String {
    BASE64URL_NOPAD.encode(&shell.entropy.bytes::<32>())
}

/// The ring of a variable, as text and parsed.
fn ring_in_use<'shell>(shell: &'shell Shell, name: &str) -> Result<(&'shell str, KeyRing), Fail> {
    const WHAT: &str = "no key ring found";
    let text = shell.environment.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        Fail::new(Exit::Environment, WHAT, format!("{name} is not set")).fix(format!(
            "set {name} (or {name}_FILE) to the current ring; for a new installation, run `munjigi keys generate`"
        ))
    })?;
    let ring = KeyRing::parse(text)
        .map_err(|error| Fail::new(Exit::Environment, WHAT, format!("{name}: {error}")))?;
    Ok((text, ring))
}

/// A kid for a key made now: `k` and the day.
fn new_kid(shell: &Shell) -> String {
    let now: OffsetDateTime = to_timestamp(shell.clock.now());
    format!("k{:04}{:02}{:02}", now.year(), u8::from(now.month()), now.day())
}
