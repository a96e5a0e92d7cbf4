//! The command line: it alone reads the process's environment and arguments.

mod init;
mod site;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use munjigi_process::clock::Clock;
use munjigi_process::stop::asked_to_stop;
use tokio::signal::unix::{SignalKind, signal};

use crate::assets::Assets;
use crate::config::{Config, File, Settings};
use crate::native::Native;
use crate::server::{Server, StartError, install_metrics, publish};

/// Libraries that log each connection.
const QUIET: &[(&str, &str)] = &[("hyper", "hyper=warn"), ("reqwest", "reqwest=warn")];

/// The file of settings that `init` and `site` use if none is named.
const FILE: &str = "gate.toml";

/// Munjigi's edge as a server of your own.
#[derive(Debug, Parser)]
#[command(name = "munjigi-gate", version)]
struct Command {
    /// The file of settings; each is also an environment variable, which wins
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    act: Option<Act>,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Serve until told to stop; the default
    Serve,
    /// Report every mistake in the settings
    Check,
    /// Write a file of settings with new keys
    Init,
    /// Change the sites of the file
    Site {
        #[command(subcommand)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
enum Change {
    /// Add a site and show its keys
    Add {
        /// Host names of its pages: shop.example, *.shop.example
        #[arg(required = true)]
        hosts: Vec<String>,
        /// Also allow pages on this machine: localhost, 127.0.0.1
        #[arg(long)]
        allow_loopback: bool,
    },
}

/// Why a command failed, in a sentence for the person who typed it.
#[derive(Debug)]
struct Fail(String);

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StartError> for Fail {
    fn from(error: StartError) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command.
pub fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("munjigi-gate: {fail}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Fail> {
    let named = command.config.as_deref();
    let file = named.unwrap_or(Path::new(FILE));
    match command.act {
        Some(Act::Serve) | None => serve(config(named)?, command.config),
        Some(Act::Check) => {
            config(named)?;
            println!("The settings have no mistakes.");
            Ok(())
        }
        Some(Act::Init) => init::run(file),
        Some(Act::Site { change: Change::Add { hosts, allow_loopback } }) => {
            site::add(file, &hosts, allow_loopback)
        }
    }
}

fn read_file(path: &Path) -> Result<String, Fail> {
    std::fs::read_to_string(path).map_err(|error| {
        let shown = path.display();
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("; `munjigi-gate init --config {shown}` writes one")
            }
            _ => String::new(),
        };
        Fail(format!("{shown}: {error}{remedy}"))
    })
}

fn settings(path: Option<&Path>) -> Result<Settings, Fail> {
    let file = match path {
        None => None,
        Some(path) => {
            let file = File::parse(&path.display().to_string(), &read_file(path)?);
            Some(file.map_err(|error| Fail(error.to_string()))?)
        }
    };
    Ok(Settings::new(file, std::env::vars_os(), |path| std::fs::read_to_string(path)))
}

fn config(path: Option<&Path>) -> Result<Config, Fail> {
    let config = settings(path)?.config();
    config.map_err(|error| Fail(format!("the settings have mistakes:\n{error}")))
}

fn serve(config: Config, file: Option<PathBuf>) -> Result<(), Fail> {
    config.log.start(QUIET);
    let assets = Assets::embedded().ok_or(StartError::NoWidget)?;
    let metrics = install_metrics().map_err(StartError::Metrics)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::Runtime)?;
    runtime.block_on(async {
        let (listen, origin) = (config.listen, config.edge.origin_url.clone());
        let server = Server::bind(config, assets, Clock::system(), metrics).await?;
        tracing::info!(%listen, origin, "ready");
        let reloading = tokio::spawn(reload(server.platform(), file));
        server.run(asked_to_stop()).await;
        reloading.abort();
        Ok(())
    })
}

/// On SIGHUP, reads the sites of the file again. A file with mistakes changes
/// nothing; other settings need a restart.
async fn reload(platform: Native, file: Option<PathBuf>) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    while hangups.recv().await.is_some() {
        let sites = config(file.as_deref()).map(|config| config.sites);
        let published = match sites {
            Ok(sites) => publish(&platform, &sites).await.map_err(Fail::from),
            Err(fail) => Err(fail),
        };
        match published {
            Ok(done) => tracing::info!(
                changed = done.changed,
                removed = done.removed,
                "read the sites of the file again"
            ),
            Err(fail) => tracing::error!(%fail, "kept the sites as they were"),
        }
    }
}
