//! Configuration: parsed once, from a passed-in environment, into one struct
//! per concern. Every mistake is collected, so that an operator can fix them in
//! one go. What the values are used for does not belong here.

mod archive;
mod cache;
mod console;
mod database;
mod lists;
mod mail;
mod own_site;
mod pictures;
mod table;
mod variables;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use munjigi_app::settings::{Console, Retention};
use munjigi_captcha::KeyCheck;
use munjigi_keys::KeyRing;
use munjigi_pictures::Pictures;
use munjigi_process::config::{Reader, number};
use munjigi_protocol::base_path;
use munjigi_store::Database;

pub use archive::ArchiveConfig;
pub use cache::{RedisServer, parse as parse_redis_url};
pub use console::{ConsoleSource, OwnedSitesSource};
pub use lists::Lists;
pub use mail::Mail;
pub use munjigi_process::config::{Environment, Mistakes};
pub use munjigi_process::log::Log;
pub use pictures::default_pictures;
pub use table::{markdown, rows};
pub use variables::{Who, environment, listed};

/// Everything that `munjigi serve` needs.
#[derive(Debug)]
pub struct Config {
    pub database: Database,
    /// Redis, if it is used.
    pub redis: Option<RedisServer>,
    /// A replica of Postgres for reading statistics, if there is one.
    pub replica: Option<Database>,
    pub edge: Edge,
    /// Keys shared with the edge.
    pub keys: Keys,
    pub http: Http,
    pub retention: Retention,
    /// Where days past retention go.
    pub archive: ArchiveConfig,
    /// What is drawn, and when.
    pub pictures: Pictures,
    /// Which published lists are fetched.
    pub lists: Lists,
    /// The console, if there is one.
    pub console: Option<Console>,
    /// How emails are sent, if they are.
    pub mail: Option<Mail>,
    pub log: Log,
    /// The collector for traces, if there is one.
    pub collector: Option<reqwest::Url>,
}

/// Where sites are published to.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Scheme, host and port; no path.
    pub url: reqwest::Url,
}

/// Secrets shared with the edge.
#[derive(Debug)]
pub struct Keys {
    /// Signs calls between edge and origin.
    pub internal: KeyRing,
    /// Marks sitekeys and secrets as ours.
    pub check: KeyCheck,
}

/// Listening addresses.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    pub listen: SocketAddr,
    /// For operators only.
    pub operators: SocketAddr,
    /// How long it goes on serving after it was asked to stop.
    pub leave: Duration,
}

impl Config {
    /// What `munjigi serve` needs.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let (database, edge, keys) =
            (database::read(&mut reader), Edge::from(&mut reader), Keys::from(&mut reader));
        let (http, retention) = (Http::from(&mut reader), retention(&mut reader));
        let archive = ArchiveConfig::from(&mut reader);
        let collector = reader.required(&variables::OTLP_URL, |text| match text {
            "" => Ok(None),
            text => parse_bare_url(text).map(Some),
        });
        let replica = if reader.is_set(&variables::DATABASE_REPLICA_URL) {
            database
                .as_ref()
                .and_then(|database| database::replica(database, &mut reader))
                .map(Some)
        } else {
            Some(None)
        };
        let redis = if RedisServer::is_wanted(&reader) {
            RedisServer::from(&mut reader).map(Some)
        } else {
            Some(None)
        };
        let log = Log::read(&mut reader, &variables::LOG, &variables::LOG_FORMAT);
        let pictures = pictures::pictures(&mut reader);
        let lists = lists::read(&mut reader);
        let has_console = console::is_wanted(&reader);
        let console = if has_console { console::read(&mut reader).map(Some) } else { Some(None) };
        // Accounts are confirmed by email.
        let mail = if has_console || Mail::is_wanted(&reader) {
            Mail::from(&mut reader).map(Some)
        } else {
            Some(None)
        };
        let config = (|| {
            Some(Self {
                console: console?,
                database: database?,
                redis: redis?,
                replica: replica?,
                edge: edge?,
                keys: keys?,
                http: http?,
                retention: retention?,
                archive: archive?,
                pictures: pictures?,
                lists: lists?,
                mail: mail?,
                log: log?,
                collector: collector?,
            })
        })();
        reader.finish(config)
    }
}

/// What commands need that only use the database.
#[derive(Debug)]
pub struct DatabaseConfig {
    pub database: Database,
}

impl DatabaseConfig {
    /// Reads the database's settings; unknown names are refused here too.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let database = database::read(&mut reader);
        reader.finish(database.map(|database| Self { database }))
    }
}

/// What shows who wrote a backup.
#[derive(Debug)]
pub struct SigningConfig {
    /// The console's ring, which derives what signs backups; `None` without one.
    pub keys: Option<KeyRing>,
}

impl SigningConfig {
    /// Reads the console's ring, if it is set.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let is_set = reader.is_set(&variables::CONSOLE_KEYS);
        let keys = if is_set { console::keys(&mut reader).map(Some) } else { Some(None) };
        reader.finish(keys.map(|keys| Self { keys }))
    }
}

/// What commands about pictures need.
#[derive(Debug)]
pub struct PicturesConfig {
    pub database: Database,
    /// What is drawn, and when.
    pub pictures: Pictures,
}

impl PicturesConfig {
    /// Reads the settings of the database and of pictures.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let (database, pictures) = (database::read(&mut reader), pictures::pictures(&mut reader));
        let config = (|| Some(Self { database: database?, pictures: pictures? }))();
        reader.finish(config)
    }
}

/// What commands that create keys need.
#[derive(Debug)]
pub struct SiteConfigSource {
    pub database: Database,
    /// Marks sitekeys and secrets as ours.
    pub check: KeyCheck,
}

impl SiteConfigSource {
    /// Reads the database's settings and the key check.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let database = database::read(&mut reader);
        let check = reader.required(&variables::KEY_CHECK, parse_check);
        let config = (|| Some(Self { database: database?, check: check? }))();
        reader.finish(config)
    }
}

impl Edge {
    fn from(reader: &mut Reader) -> Option<Self> {
        let url = reader.required(&variables::EDGE_URL, parse_edge_url)?;
        Some(Self { url })
    }
}

impl Keys {
    /// Reads the keys shared with the edge and the gpu-backend.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let keys = Self::from(&mut reader);
        reader.finish(keys)
    }

    fn from(reader: &mut Reader) -> Option<Self> {
        let internal = reader.required(&variables::INTERNAL_KEYS, |text| {
            KeyRing::parse(text).map_err(|error| error.to_string())
        });
        let check = reader.required(&variables::KEY_CHECK, parse_check);
        Some(Self { internal: internal?, check: check? })
    }
}

impl Http {
    /// Reads the addresses alone.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let http = Self::from(&mut reader);
        reader.finish(http)
    }

    fn from(reader: &mut Reader) -> Option<Self> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| "must be an address and port such as 127.0.0.1:8080".to_owned())
        };
        let listen = reader.required(&variables::LISTEN, parse);
        let operators = reader.required(&variables::OPERATOR_LISTEN, parse);
        let leave = reader.required(&variables::LEAVE_SECONDS, |text| number(text, 0..=4));
        Some(Self { listen: listen?, operators: operators?, leave: Duration::from_secs(leave?) })
    }
}

fn retention(reader: &mut Reader) -> Option<Retention> {
    let event_days =
        reader.required(&variables::EVENT_RETENTION_DAYS, |text| number(text, 2..=3_650))?;
    Some(Retention { event_days })
}

/// The address of an edge, made to end with a slash. Also for the command
/// line's `--edge`.
pub fn parse_edge_url(text: &str) -> Result<reqwest::Url, String> {
    let mut url = parse_url(text)?;
    let path = base_path(url.path()).map_err(|rule| format!("its path {rule}"))?;
    url.set_path(&format!("{path}/"));
    Ok(url)
}

/// Scheme, host and port.
fn parse_bare_url(text: &str) -> Result<reqwest::Url, String> {
    let url = parse_url(text)?;
    if url.path() != "/" {
        return Err("must have only scheme, host and port: no path, query or password".to_owned());
    }
    Ok(url)
}

/// Scheme, host, port and path.
fn parse_url(text: &str) -> Result<reqwest::Url, String> {
    let url: reqwest::Url =
        text.parse().map_err(|_| "must be a URL such as https://captcha.example".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("must start with https:// (or http:// on a trusted network)".to_owned());
    }
    let bare = url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err("must have no query and no password".to_owned());
    }
    Ok(url)
}

fn parse_check(text: &str) -> Result<KeyCheck, String> {
    KeyCheck::parse(text).map_err(|error| error.to_string())
}
