//! The command line: one file per command. A command says what it does, does
//! it, and says how to undo it; the logic lives elsewhere.

mod account;
mod archive;
mod backup;
mod completions;
mod config;
mod fail;
mod health;
mod keys;
mod man;
mod migrate;
mod outcomes;
mod photos;
mod pictures;
mod plan;
mod probe;
mod restore;
mod serve;
mod site;
mod solve;
mod storage;
mod table;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fail::{Exit, Fail};
use munjigi_domain::entropy::Entropy;
use munjigi_process::clock::Clock;

use crate::config::Environment;

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed; the message says why
  2   invalid arguments
  3   solve: a picture is required; the edge's reply is on stdout
  4   Postgres does not respond, or has no schema yet
  5   no such site, or it does not allow this change
  6   the environment has errors
  7   backup, restore, archive: the file, the place or the database is
      unsuitable; nothing was written
  8   migrate check: the page uses none of the known vendors
  9   photos import: a list of labels or a model is unsuitable
  10  probe, solve: the edge does not respond, or its response is unexpected
  11  probe, solve: no challenge
  12  probe, solve: the solution was refused
  13  probe: siteverify refused a fresh token
  14  probe: siteverify did not refuse a spent token
  15  outcomes import: the edge refused some lines";

const EXAMPLE: &str = "\
Get started:
  munjigi keys generate --env > .env     generate the keys of a new installation
  munjigi migrate                        prepare the database
  munjigi serve                          run the origin
  munjigi site add 'My shop' --host shop.example

`munjigi config` lists every MUNJIGI_* variable.
";

/// Munjigi's origin: manages sites and keys, stores records, publishes to the edge.
#[derive(Debug, Parser)]
#[command(name = "munjigi", version, after_help = format!("{EXAMPLE}\n{EXIT_CODES}"))]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the origin: record intake, publishing, background jobs.
    Serve(serve::Arguments),
    /// Migrates the database to this version's schema; `migrate check` inspects
    /// a page that you want to migrate from another vendor.
    Migrate(migrate::Arguments),
    /// Backs up the whole database to one file.
    Backup(backup::Arguments),
    /// Restores a backup into an empty database.
    Restore(restore::Arguments),
    /// Finds records again that retention put away.
    Archive(archive::Arguments),
    /// Creates, lists, changes and deletes sites.
    Site(site::Arguments),
    /// Creates console accounts.
    Account(account::Arguments),
    /// Reports what became of visitors.
    Outcomes(outcomes::Arguments),
    /// Shows and switches the kinds of picture that visitors get.
    Pictures(pictures::Arguments),
    /// Creates pictures from your own photos.
    Photos(photos::Arguments),
    /// Says what an installation of a given size needs and costs.
    Plan(plan::Arguments),
    /// Generates and rotates the keys of an installation.
    Keys(keys::Arguments),
    /// Lists every MUNJIGI_* variable.
    Config(config::Arguments),
    /// Asks the running origin whether it can work, as containers do.
    #[command(after_help = "Example:\n  munjigi health")]
    Health,
    /// Simulates a visitor and checks that a token works exactly once.
    Probe(probe::Arguments),
    /// Solves a challenge as a visitor and prints the token, or the required picture.
    Solve(solve::Arguments),
    /// Prints shell completions.
    Completions(completions::Arguments),
    /// Writes a man page for every command.
    Man(man::Arguments),
}

/// What commands work with.
struct Shell {
    environment: Environment,
    clock: Clock,
    entropy: Entropy,
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            // If stderr is gone, no one is left to tell.
            let _ = writeln!(io::stderr(), "{fail}");
            fail.exit.into()
        }
    }
}

fn run(command: Command) -> Result<(), Fail> {
    let environment =
        crate::config::environment(std::env::vars_os(), |path| std::fs::read_to_string(path));
    let entropy = Entropy::system()
        .map_err(|error| Fail::new(Exit::Failed, "the system provides no random numbers", error))?;
    let shell = Shell { environment, clock: Clock::system(), entropy };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Fail::new(Exit::Failed, "cannot start threads", error))?;
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(&shell, &arguments).await,
            Command::Migrate(arguments) => migrate::run(&shell, &arguments).await,
            Command::Backup(arguments) => backup::run(&shell, &arguments).await,
            Command::Restore(arguments) => restore::run(&shell, &arguments).await,
            Command::Archive(arguments) => archive::run(&shell, &arguments).await,
            Command::Site(arguments) => site::run(&shell, &arguments).await,
            Command::Account(arguments) => account::run(&shell, &arguments).await,
            Command::Outcomes(arguments) => outcomes::run(&arguments).await,
            Command::Pictures(arguments) => pictures::run(&shell, &arguments).await,
            Command::Photos(arguments) => photos::run(&shell, &arguments).await,
            Command::Plan(arguments) => plan::run(&shell, &arguments),
            Command::Keys(arguments) => keys::run(&shell, &arguments),
            Command::Config(arguments) => config::run(&shell, &arguments),
            Command::Health => health::run(&shell).await,
            Command::Probe(arguments) => probe::run(&arguments).await,
            Command::Solve(arguments) => solve::run(&arguments).await,
            Command::Completions(arguments) => completions::run(&arguments),
            Command::Man(arguments) => man::run(&arguments),
        }
    })
}

/// Prints to stdout. A closed pipe (`| head`) is not a failure.
fn print(text: &str) -> Result<(), Fail> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fail::new(Exit::Failed, "cannot write the output", error))
        }
        _ => Ok(()),
    }
}

/// Prints JSON for machines.
fn print_json(value: &impl serde::Serialize) -> Result<(), Fail> {
    let mut text = serde_json::to_string_pretty(value).expect("output is plain data");
    text.push('\n');
    print(&text)
}

#[cfg(test)]
mod tests;
