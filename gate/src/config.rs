//! Configuration: a file of settings and the environment, which wins. Every
//! mistake is collected, with the file's line where it has one.

mod file;
mod protect;
mod sites;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use munjigi_backup::{Recipient, SigningKeys};
use munjigi_bucket::{AddressError, BucketSettings};
use munjigi_captcha::{KeyCheck, ListId};
use munjigi_keys::KeyRing;
use munjigi_process::config::variables::{self, Who};
use munjigi_process::config::{
    Environment, Known, Mistake, Mistakes, Problem, Reader, Variable, number,
};
use munjigi_process::log::Log;
use munjigi_process::proxies::Proxies;
use munjigi_protocol::base_path;
use munjigi_serving::config as serving;

pub use sites::{NO_PAGES, lacks_pages};

use crate::backup::signing_keys;
use crate::images::Storage;
use crate::limits::PerMinute;
use crate::list_files::ListFile;
use crate::listen::Address;
use crate::tls::TlsFiles;

pub use file::{File, FileError, OwnSite};

/// Everything that a gate needs.
pub struct Config {
    /// Where visitors and back ends are answered.
    pub listen: Address,
    /// Whether connections begin with the address of their client.
    pub proxy_protocol: bool,
    /// The files of its own TLS; `None`: a proxy ends TLS, or there is none.
    pub tls: Option<TlsFiles>,
    /// Where operators are, if anywhere.
    pub operator_listen: Option<SocketAddr>,
    /// The file of the store.
    pub data: PathBuf,
    /// Those who can read backups of it.
    pub backup_recipients: Vec<Recipient>,
    /// What signs backups of it.
    pub backup_keys: SigningKeys,
    /// Where the images of packs are.
    pub pictures: Storage,
    /// Files that say where addresses are.
    pub networks: Vec<PathBuf>,
    /// The address that visitors use; `None`: what each request says.
    pub public: Option<PublicUrl>,
    /// The proxies in front of the gate.
    pub proxies: Option<Proxies>,
    pub limits: PerMinute,
    /// Connections that are open at once.
    pub connections: NonZero<u32>,
    pub edge: serving::Config,
    pub log: Log,
    /// The sites of the file.
    pub sites: Vec<OwnSite>,
    /// The lists of the file.
    pub lists: Vec<ListFile>,
}

/// The settings that a running gate cannot change, by their names in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    proxy_protocol: bool,
    others: Vec<(&'static str, String)>,
}

impl Settled {
    /// Whether connections begin with the address of their client.
    pub const fn proxy_protocol(&self) -> bool {
        self.proxy_protocol
    }

    /// The names of those that are different.
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        let protocol = (self.proxy_protocol != other.proxy_protocol).then_some("proxy_protocol");
        let pairs = self.others.iter().zip(&other.others);
        let others = pairs.filter(|(one, other)| one != other).map(|((name, _), _)| *name);
        protocol.into_iter().chain(others).collect()
    }
}

impl Config {
    /// What cannot change while it is used.
    pub fn settled(&self) -> Settled {
        let operators = self.operator_listen.map(|listen| listen.to_string());
        let others = vec![
            ("listen", self.listen.to_string()),
            ("operator_listen", operators.unwrap_or_default()),
            ("data", self.data.display().to_string()),
            ("pictures", self.pictures.to_string()),
            ("connection_limit", self.connections.to_string()),
            ("counter_half_life_seconds", self.edge.counter_half_life_seconds.to_string()),
            ("log", format!("{:?}", self.log)),
            // Whether there is an origin, not where it is.
            ("origin_url", self.edge.origin_url.is_some().to_string()),
        ];
        Settled { proxy_protocol: self.proxy_protocol, others }
    }

    /// The address at which programs of this machine reach the gate; `None`:
    /// by a proxy alone, or by the name in its certificate.
    pub fn local_url(&self) -> Option<String> {
        match self.listen {
            Address::Tcp(listen) if !self.proxy_protocol && self.tls.is_none() => {
                Some(local_url(listen))
            }
            Address::Tcp(_) | Address::Unix(_) => None,
        }
    }

    /// The address of the gate in a page; `None` if the settings do not name it.
    pub fn page_url(&self) -> Option<String> {
        self.public.as_ref().map(PublicUrl::to_string).or_else(|| self.local_url())
    }
}

/// The address that visitors use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Scheme, host and port.
    pub origin: url::Url,
    /// Path below which a host that serves other things too has the gate,
    /// `/captcha`; empty at the top.
    pub base_path: String,
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin.origin().ascii_serialization(), self.base_path)
    }
}

/// The URL of a listener for this machine, which does not call `0.0.0.0`.
pub fn local_url(mut listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        let loopback: IpAddr = match listen {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        listen.set_ip(loopback);
    }
    format!("http://{listen}")
}

/// What is wrong, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// The settings of a file and of the environment.
pub struct Settings {
    file: Option<File>,
    environment: Environment,
    /// The variables of all S3 tools.
    bucket: BTreeMap<String, String>,
}

impl Settings {
    /// Merges both; `read_file` reads the files of secrets.
    pub fn new(
        file: Option<File>,
        pairs: impl IntoIterator<Item = (OsString, OsString)>,
        read_file: impl Fn(&str) -> io::Result<String>,
    ) -> Self {
        let mut all = file.as_ref().map(File::pairs).unwrap_or_default();
        all.extend(pairs);
        let of_buckets = |(name, value): &(OsString, OsString)| {
            let name = name.to_str().filter(|name| name.starts_with("AWS_"))?;
            Some((name.to_owned(), value.to_str()?.to_owned()))
        };
        let bucket = all.iter().filter_map(of_buckets).collect();
        let variables: Vec<Variable> = variables::listed().map(|(variable, _)| *variable).collect();
        let known = Known {
            prefix: "MUNJIGI_",
            variables: &variables,
            others: &[],
            listed: "docs/operation.md lists all settings.",
        };
        Self { file, environment: Environment::new(&known, all, read_file), bucket }
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// Every mistake, with what would be right.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut mistakes: Vec<String> =
            self.file.iter().flat_map(|file| file.mistakes.iter().cloned()).collect();
        let edge = self.edge();
        let (edge, of_edge) = match edge {
            Ok(edge) => (Some(edge), Vec::new()),
            Err(found) => (None, found),
        };
        let has_origin = edge.as_ref().is_some_and(|edge| edge.origin_url.is_some());
        let read = self.read(edge);
        let of_gate = read.as_ref().err().map(|found| found.found.clone()).unwrap_or_default();
        mistakes.extend(self.file.iter().filter(|_| has_origin).filter_map(File::refuse_lists));
        mistakes.extend(of_gate.iter().chain(&of_edge).map(|mistake| self.told(mistake)));
        read.ok().filter(|_| mistakes.is_empty()).ok_or(ConfigError(mistakes))
    }

    /// The key that marks sitekeys as the operator's, whatever else is wrong.
    ///
    /// # Errors
    ///
    /// It is missing or wrong, in a sentence.
    pub fn key_check(&self) -> Result<KeyCheck, String> {
        let text = self.environment.text(variables::KEY_CHECK.name).unwrap_or_default();
        let name = variables::KEY_CHECK.name;
        KeyCheck::parse(text).map_err(|error| format!("{name} (key_check): {error}"))
    }

    fn read(&self, edge: Option<serving::Config>) -> Result<Config, Mistakes> {
        let mut reader = Reader::new(&self.environment);
        let listen = reader.required(&variables::GATE_LISTEN, |text| match unix_socket(text) {
            Some(path) => Ok(Address::Unix(self.path(path))),
            None => address(text).map(Address::Tcp),
        });
        let proxy_protocol = reader.required(&variables::GATE_PROXY_PROTOCOL, truth);
        let operator_listen = reader.required(&variables::GATE_OPERATOR_LISTEN, |text| {
            if text == "none" { Ok(None) } else { address(text).map(Some) }
        });
        let tls = self.tls(&mut reader);
        let data = reader.required(&variables::GATE_DATA, |text| Ok(self.path(text)));
        let recipients = |text: &str| munjigi_backup::recipients(text).map_err(str::to_owned);
        let backup_recipients = reader.required(&variables::GATE_BACKUP_RECIPIENTS, recipients);
        let pictures = reader.required(&variables::GATE_PICTURES, |text| self.pictures(text));
        let networks = reader.required(&variables::GATE_NETWORKS, |text| Ok(self.paths(text)));
        let public = reader.required(&variables::GATE_URL, public);
        let (header, trusted) = (&variables::CLIENT_HEADER, &variables::TRUSTED_PROXIES);
        let proxies = if proxy_protocol == Some(true) {
            Proxies::read_without_header(&mut reader, header, trusted).map(Some)
        } else {
            Proxies::read(&mut reader, header, trusted)
        };
        let limits = limits(&mut reader);
        let connections = reader.required(&variables::GATE_CONNECTION_LIMIT, |text| {
            number(text, NonZero::<u32>::MIN..=NonZero::<u32>::MAX)
        });
        let verbosity = reader.required(&variables::GATE_LOG_REQUESTS, verbosity);
        // What is wrong with it is said where the routes' settings are read.
        let root = self.environment.text(variables::ROOT_KEYS.name).map(KeyRing::parse);
        let log = Log::read(&mut reader, &variables::LOG, &variables::LOG_FORMAT);
        let sites = self.file.iter().flat_map(File::sites);
        let only_site = protect::only(sites).map(|site| site.sitekey.clone());
        let config = (|| {
            verbosity?;
            Some(Config {
                listen: listen?,
                proxy_protocol: proxy_protocol?,
                tls: tls?,
                operator_listen: operator_listen?,
                data: data?,
                backup_recipients: backup_recipients?,
                backup_keys: signing_keys(&root?.ok()?),
                pictures: pictures?,
                networks: networks?,
                public: public?,
                proxies: proxies?,
                limits: limits?,
                connections: connections?,
                log: log?,
                edge: serving::Config { only_site, ..edge? },
                sites: self.file.iter().flat_map(|file| file.own_sites.clone()).collect(),
                lists: self.file.iter().flat_map(|file| self.lists(file)).collect(),
            })
        })();
        reader.finish(config)
    }

    /// A folder, or a bucket and how to call it.
    fn pictures(&self, text: &str) -> Result<Storage, String> {
        if !text.contains("://") {
            return Ok(Storage::Folder(self.path(text)));
        }
        let address = text.parse().map_err(|error: AddressError| error.to_string())?;
        let settings = BucketSettings::read(|name| self.bucket.get(name).cloned());
        let settings = settings.map_err(|wrong| {
            let each: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            format!("needs what calls its bucket: {}", each.join("; "))
        })?;
        Ok(Storage::Bucket { address, settings: Box::new(settings) })
    }

    /// The files of TLS: both, or neither.
    #[expect(clippy::option_option, reason = "wrong, or without TLS")]
    fn tls(&self, reader: &mut Reader) -> Option<Option<TlsFiles>> {
        let hsts =
            reader.required(&variables::GATE_HSTS_SECONDS, |text| number(text, 0..=u32::MAX));
        let both = [&variables::GATE_TLS_CERTIFICATE, &variables::GATE_TLS_KEY];
        if !both.iter().any(|variable| reader.is_set(variable)) {
            return hsts.map(|_| None);
        }
        let [certificate, key] = both.map(|variable| {
            reader.required(variable, |text| match text {
                "" => Err("must be set: TLS needs a certificate and its key".to_owned()),
                path => Ok(self.path(path)),
            })
        });
        Some(Some(TlsFiles { certificate: certificate?, key: key?, hsts_seconds: hsts? }))
    }

    /// What the routes need, from the same settings as the Worker's. There are
    /// no shards here, the path is that of `url`, and the log has a setting of
    /// its own.
    fn edge(&self) -> Result<serving::Config, Vec<Mistake>> {
        let text = |name: &str| self.environment.text(name).filter(|text| !text.is_empty());
        let lookup = |name: &str| match name {
            "MUNJIGI_SHARDS" => Some("1".to_owned()),
            "MUNJIGI_BASE_PATH" => {
                let url = text(variables::GATE_URL.name).and_then(|text| public(text).ok()?);
                url.map(|url| url.base_path)
            }
            "MUNJIGI_LOG_REQUESTS" => {
                text(variables::GATE_LOG_REQUESTS.name).and_then(|text| verbosity(text).ok())
            }
            name => text(name).map(str::to_owned),
        };
        serving::Config::parse(lookup, []).map_err(|mistakes| {
            let of_edge = |mistake: serving::Mistake| {
                let is_set =
                    self.environment.text(&mistake.variable).is_some_and(|text| !text.is_empty());
                let mut all = variables::listed().filter(|_| !is_set);
                let missing = all.find(|(variable, _)| variable.name == mistake.variable);
                let problem = match missing {
                    Some((variable, _)) => Problem::Missing(variable.meaning),
                    None => Problem::Bad(mistake.problem),
                };
                Mistake { name: mistake.variable, problem }
            };
            mistakes.into_iter().map(of_edge).collect()
        })
    }

    /// A mistake where its setting stands.
    fn told(&self, mistake: &Mistake) -> String {
        let place = self.file.as_ref().and_then(|file| file.place(&mistake.name));
        match (place, &mistake.problem) {
            (Some((place, key)), Problem::Bad(form)) => {
                format!("{place}: {key} is invalid: {form}")
            }
            (Some((place, _)), _) => format!("{place}: {mistake}"),
            (None, _) => mistake.to_string(),
        }
    }

    /// A path of the file is meant from the file's folder: wherever the gate is
    /// started, it must find the same store.
    fn path(&self, text: &str) -> PathBuf {
        let folder = self.file.as_ref().and_then(|file| Path::new(&file.path).parent());
        folder.map_or_else(|| PathBuf::from(text), |folder| folder.join(text))
    }

    fn lists(&self, file: &File) -> Vec<ListFile> {
        let list =
            |(id, path): &(ListId, String)| ListFile { id: id.clone(), path: self.path(path) };
        file.own_lists.iter().map(list).collect()
    }

    fn paths(&self, text: &str) -> Vec<PathBuf> {
        let each = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        each.map(|text| self.path(text)).collect()
    }
}

/// The settings of a gate, by their names in its file.
fn settings() -> impl Iterator<Item = (String, &'static Variable)> {
    let ours = variables::listed().filter(|(_, who)| who.contains(&Who::Gate));
    ours.map(|(variable, _)| (key_of(variable.name), variable))
}

/// `MUNJIGI_GATE_LISTEN` is `listen` in the file, `MUNJIGI_ROOT_KEYS`
/// `root_keys`.
fn key_of(name: &str) -> String {
    let bare = name.strip_prefix("MUNJIGI_").unwrap_or(name);
    bare.strip_prefix("GATE_").unwrap_or(bare).to_ascii_lowercase()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address and port such as 127.0.0.1:8786".to_owned())
}

/// The path of a socket.
fn unix_socket(text: &str) -> Option<&str> {
    text.strip_prefix("unix:").filter(|path| !path.is_empty())
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err("must be true or false; in the environment 1 or 0".to_owned()),
    }
}

/// The address that visitors use, from its setting; `None`: it is empty.
///
/// # Errors
///
/// What it must be.
pub fn public(text: &str) -> Result<Option<PublicUrl>, String> {
    let rule = || {
        let examples = "https://captcha.example or https://shop.example/captcha";
        format!("must be scheme, host and possibly a path, such as {examples}, or empty")
    };
    if text.is_empty() {
        return Ok(None);
    }
    let mut origin = url::Url::parse(text).map_err(|_| rule())?;
    let plain = matches!(origin.scheme(), "http" | "https")
        && origin.host_str().is_some()
        && origin.username().is_empty()
        && origin.password().is_none()
        && origin.query().is_none()
        && origin.fragment().is_none();
    if !plain {
        return Err(rule());
    }
    let base_path = base_path(origin.path()).map_err(|form| format!("its path {form}"))?;
    origin.set_path("");
    Ok(Some(PublicUrl { origin, base_path }))
}

fn verbosity(text: &str) -> Result<String, String> {
    match text {
        "0" | "1" => Ok(text.to_owned()),
        _ => Err("must be 0 or 1".to_owned()),
    }
}

fn limits(reader: &mut Reader) -> Option<PerMinute> {
    let mut calls = |variable| {
        reader.required(variable, |text| number(text, NonZero::<u32>::MIN..=NonZero::<u32>::MAX))
    };
    let clients = calls(&variables::GATE_CLIENT_LIMIT);
    let challenges = calls(&variables::GATE_CHALLENGE_LIMIT);
    let solutions = calls(&variables::GATE_SOLUTION_LIMIT);
    let verify = calls(&variables::GATE_VERIFY_LIMIT);
    let internal = calls(&variables::GATE_INTERNAL_LIMIT);
    Some(PerMinute {
        clients: clients?,
        challenges: challenges?,
        solutions: solutions?,
        verify: verify?,
        internal: internal?,
    })
}
