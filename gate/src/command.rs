//! The command line: it alone reads the process's environment and arguments.

mod backup;
mod health;
mod init;
#[cfg(test)]
mod rules_tests;
mod site;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod trial;

use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use munjigi_captcha::open_below;
use munjigi_process::clock::{Clock, Stopwatch};
use munjigi_process::stop::asked_to_stop;
use munjigi_serving::own_lists::OwnList;
use munjigi_serving::own_sites::Published;
use tokio::signal::unix::{SignalKind, signal};

use crate::assets::Assets;
use crate::config::{Config, File, Settings};
use crate::list_files::ListFile;
use crate::live::Live;
use crate::networks::Networks;
use crate::server::{Server, StartError, install_metrics, publish, publish_lists, read_lists};
use crate::tls::Tls;

/// Libraries that log each connection.
const QUIET: &[(&str, &str)] = &[("hyper", "hyper=warn"), ("reqwest", "reqwest=warn")];

/// The file of settings if none is named.
const FILE: &str = "gate.toml";
/// The folder of keys, beside the file.
const KEYS: &str = "keys";
/// In it, the secret of the site for pages on this machine.
const LOCAL_SECRET: &str = "localhost";

/// Munjigi's edge as a server of your own.
#[derive(Debug, Parser)]
#[command(name = "munjigi-gate", version)]
struct Command {
    /// The file of settings, gate.toml if there is one here; each is also an environment variable, which wins
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
    /// Write a file of settings, new keys, and the sites for some hosts and this machine
    Init {
        /// The folder for them
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// A host name of your pages: shop.example, *.shop.example
        #[arg(long = "host", value_name = "HOST")]
        hosts: Vec<String>,
        /// The address at which visitors reach the gate through a proxy: https://captcha.example
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// An application to protect whole, localhost:3000; writes the Caddyfile of its hosts too
        #[arg(long, value_name = "ADDRESS", requires = "hosts", conflicts_with = "url")]
        before: Option<init::Application>,
    },
    /// Change the sites of the file
    Site {
        #[command(subcommand)]
        change: Change,
    },
    /// Show a form on this machine that uses the gate
    Try {
        /// Address and port of the form
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8784")]
        listen: SocketAddr,
    },
    /// Print what happened on each site each day
    Stats {
        /// How many days back, today included
        #[arg(long, value_name = "NUMBER", default_value_t = 14)]
        days: u64,
    },
    /// Write an encrypted backup of the store, also while the gate runs
    Backup {
        /// The file, or a folder in which it gets its date as its name
        path: PathBuf,
        /// Delete all backups of the folder but the newest
        #[arg(long, value_name = "NUMBER")]
        keep: Option<NonZero<usize>>,
    },
    /// Put the store of a backup back, while no gate runs
    Restore {
        /// The backup
        path: PathBuf,
        /// The file with the secret key, as age-keygen writes it
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
        /// Take a backup that this gate has not signed: only if you know who wrote it
        #[arg(long)]
        unsigned: bool,
    },
    /// Change the file of what is spent, while no gate runs
    Store {
        #[command(subcommand)]
        act: StoreAct,
    },
    /// Ask the running gate whether it can serve, as containers do
    Health,
}

#[derive(Debug, Subcommand)]
enum StoreAct {
    /// Refuse every token of before, after a file was restored by hand
    NewGeneration,
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
    /// List the sites
    List,
    /// Give a site a new secret; those that it has stay valid
    RotateSecret {
        /// The site
        sitekey: String,
    },
    /// End all secrets of a site but the newest
    EndSecrets {
        /// The site
        sitekey: String,
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
    let here = Path::new(FILE);
    let named = command.config.or_else(|| here.exists().then(|| here.to_path_buf()));
    let file = named.as_deref().unwrap_or(here);
    match command.act {
        Some(Act::Serve) | None => serve(config(named.as_deref())?, named),
        Some(Act::Check) => {
            let config = config(named.as_deref())?;
            if let Some(files) = config.tls {
                let read = Tls::read(files).and_then(|tls| tls.check(Clock::system().now()));
                read.map_err(StartError::Tls)?;
            }
            Networks::open(&config.networks).map_err(StartError::from)?;
            read_lists(&config.lists)?;
            for site in &config.sites {
                let rules = &site.config.protect;
                for path in
                    open_below(rules).filter_map(|place| rules.get(place)).map(|rule| &rule.path)
                {
                    let below = format!("{}/", path.trim_end_matches('/'));
                    say(format_args!(
                        "Warning: a rule protects {path} alone; what a server answers below it, such as {below}page, stays open. If that is not meant, add a rule for {below}*."
                    ))?;
                }
            }
            say("The settings have no mistakes.")?;
            Ok(())
        }
        Some(Act::Init { folder, hosts, url, before }) => {
            init::run(&folder.join(FILE), &hosts, url.as_deref(), before.as_ref())
        }
        Some(Act::Site { change }) => match change {
            Change::Add { hosts, allow_loopback } => site::add(file, &hosts, allow_loopback),
            Change::List => site::list(file),
            Change::RotateSecret { sitekey } => site::rotate_secret(file, &sitekey),
            Change::EndSecrets { sitekey } => site::end_secrets(file, &sitekey),
        },
        Some(Act::Try { listen }) => in_runtime(trial::run(&config(Some(file))?, file, listen)),
        Some(Act::Stats { days }) => stats::run(&config(named.as_deref())?, days),
        Some(Act::Backup { path, keep }) => backup::write(&config(named.as_deref())?, &path, keep),
        Some(Act::Restore { path, identity, unsigned }) => {
            backup::restore(&config(named.as_deref())?, &path, &identity, unsigned)
        }
        Some(Act::Store { act: StoreAct::NewGeneration }) => {
            store::new_generation(&config(named.as_deref())?)
        }
        Some(Act::Health) => in_runtime(health::run(&config(named.as_deref())?)),
    }
}

/// Says something to the person who typed the command. Someone who reads no further,
/// as `head` does, misses the rest.
fn say(text: impl fmt::Display) -> Result<(), Fail> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fail(format!("the output: {error}")))
        }
        _ => Ok(()),
    }
}

fn read_file(path: &Path) -> Result<String, Fail> {
    std::fs::read_to_string(path).map_err(|error| {
        let shown = path.display();
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "; `munjigi-gate init` writes one".to_owned(),
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
    config.map_err(|error| {
        let without = if path.is_some() {
            String::new()
        } else {
            let here = std::env::current_dir().unwrap_or_default();
            let remedy = "`munjigi-gate init` writes one, in a container on its volume";
            format!("there is no {FILE} in {}; {remedy}.\n", here.display())
        };
        Fail(format!("{without}the settings have mistakes:\n{error}"))
    })
}

fn serve(config: Config, file: Option<PathBuf>) -> Result<(), Fail> {
    config.log.start(QUIET);
    let assets = Assets::embedded().ok_or(StartError::NoWidget)?;
    let metrics = install_metrics().map_err(StartError::Metrics)?;
    in_runtime(async {
        let (listen, origin) = (config.listen.clone(), config.edge.origin_url.clone());
        let server = Server::bind(config, assets, Clock::system(), metrics).await?;
        tracing::info!(%listen, origin, "ready");
        let reloading = tokio::spawn(reload(server.live(), file));
        let renewing = tokio::spawn(renew(server.live()));
        server.run(asked_to_stop()).await;
        reloading.abort();
        renewing.abort();
        Ok(())
    })
}

fn in_runtime(act: impl Future<Output = Result<(), Fail>>) -> Result<(), Fail> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(StartError::Runtime)?.block_on(act)
}

/// How often the files of the certificate are looked at, and how often the log
/// says again that it is over.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const TELL_EVERY: Duration = Duration::from_hours(1);

/// Uses the certificate that is in the files now.
async fn renew(live: Live) {
    let mut told: Option<(String, Stopwatch)> = None;
    loop {
        let renewed = live.renew_certificate();
        if matches!(renewed, Ok(true)) {
            tracing::info!("read the new certificate");
        }
        let public = live.now();
        let check = |tls: &Arc<Tls>| tls.check(public.platform.parts().clock.now());
        let wrong = renewed.err().or_else(|| public.tls.as_ref().map(check)?.err());
        let wrong = wrong.map(|error| error.to_string());
        let known = told.as_ref().filter(|(_, since)| since.elapsed() < TELL_EVERY);
        match wrong {
            None => told = None,
            Some(wrong) if known.is_some_and(|(known, _)| *known == wrong) => {}
            Some(wrong) => {
                tracing::error!("{wrong}");
                told = Some((wrong, Stopwatch::start()));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// On SIGHUP, reads the file again. One with mistakes changes nothing.
async fn reload(live: Live, file: Option<PathBuf>) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    while hangups.recv().await.is_some() {
        match reread(&live, file.as_deref()).await {
            Ok((sites, waiting)) => {
                let (changed, removed) = (sites.changed, sites.removed);
                tracing::info!(changed, removed, "read the settings and their sites again");
                if !waiting.is_empty() {
                    let settings = waiting.join(", ");
                    tracing::warn!(settings, "these take effect at the next start");
                }
            }
            Err(fail) => tracing::error!(%fail, "kept the settings as they were"),
        }
    }
}

/// What changed among the sites, and what waits for the next start.
async fn reread(live: &Live, file: Option<&Path>) -> Result<(Published, Vec<&'static str>), Fail> {
    let config = config(file)?;
    // Whatever may be wrong is read before anything changes.
    let tls = config.tls.clone().map(Tls::read).transpose().map_err(StartError::Tls)?;
    tls.iter().try_for_each(|tls| live.check_successor(tls)).map_err(StartError::Tls)?;
    let networks = Networks::open(&config.networks).map_err(StartError::from)?;
    let published = publish(&live.now().platform, &config.sites).await?;
    publish_lists(&live.now().platform, reread_lists(&config)).await?;
    Ok((published, live.reconfigure(config, tls, networks)))
}

/// The lists as they are now; those whose files are bad stay as they were.
fn reread_lists(config: &Config) -> Vec<OwnList> {
    let read = |file: &ListFile| {
        let list = file.read().map_err(|error| tracing::error!(%error, "kept the list as it was"));
        OwnList { id: file.id.clone(), list: list.ok() }
    };
    config.lists.iter().map(read).collect()
}
