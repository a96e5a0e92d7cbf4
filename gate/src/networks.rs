//! Which country and which autonomous system an address belongs to, by databases
//! that the operator provides. They are held in memory, so that a file can
//! be replaced in its place at any time.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader, path};
use munjigi_keys::UnixMillis;
use munjigi_process::proxies::is_inside;

/// A database older than this is told to operators.
const OLD_DAYS: u64 = 90;
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// The databases, in the order in which they are asked. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[Database]>);

/// One file.
struct Database(Reader<Vec<u8>>);

/// Where an address is; what is unknown is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookup<'a> {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<&'a str>,
    /// The number of the autonomous system.
    pub system: Option<u32>,
}

/// Why the databases cannot be used. An operator has to act.
#[derive(Debug, thiserror::Error)]
pub enum NetworksError {
    /// The file is missing or not readable.
    #[error(
        "cannot read the database of networks {path}: {source}; put it there, readable for the gate, or take it out of `networks`"
    )]
    Unread { path: PathBuf, source: io::Error },
    /// The file is something else, or not all of it is there.
    #[error(
        "{path} is no database of networks: {source}; `networks` takes whole MaxMind DB files (.mmdb), unpacked: download it again"
    )]
    Malformed { path: PathBuf, source: Box<MaxMindDbError> },
}

impl Networks {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// The first that cannot be used.
    pub fn open(paths: &[PathBuf]) -> Result<Self, NetworksError> {
        paths.iter().map(|path| Database::open(path)).collect::<Result<_, _>>().map(Self)
    }

    /// Where an address is, each half by the first database that knows it.
    /// Private networks are nowhere.
    pub fn lookup(&self, address: IpAddr) -> Lookup<'_> {
        let address = address.to_canonical();
        if is_inside(address) {
            return Lookup::default();
        }
        let mut all = Lookup::default();
        for database in self.0.iter() {
            let Ok(found) = database.0.lookup(address) else { continue };
            all.country = all.country.or_else(|| country(&found));
            all.system = all.system.or_else(|| system(&found));
        }
        all
    }

    /// What operators should know about them at a time, in a sentence.
    pub fn told(&self, now: UnixMillis) -> String {
        if self.0.is_empty() {
            return "no database of networks: rules by country and system match no one".to_owned();
        }
        let each: Vec<String> = self.0.iter().map(|database| database.told(now)).collect();
        each.join(", ")
    }
}

impl Database {
    fn open(path: &Path) -> Result<Self, NetworksError> {
        let bytes = std::fs::read(path)
            .map_err(|source| NetworksError::Unread { path: path.to_owned(), source })?;
        let reader = Reader::from_source(bytes).map_err(|source| NetworksError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self(reader))
    }

    /// `GeoLite2-Country of 2026-11-20`
    fn told(&self, now: UnixMillis) -> String {
        let metadata = self.0.metadata();
        let built = UnixMillis(metadata.build_epoch.saturating_mul(1_000));
        let mut date = built.rfc3339();
        date.truncate("2026-11-20".len());
        let is_old = now.0.saturating_sub(built.0) > OLD_DAYS * DAY_MS;
        let remark = if is_old {
            " (older than 90 days: networks have moved since, replace it)"
        } else {
            ""
        };
        format!("{} of {date}{remark}", metadata.database_type)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.metadata().database_type)
    }
}

/// A record as a database has it.
type Found<'a> = LookupResult<'a, Vec<u8>>;

fn text<'a>(found: &Found<'a>, at: &[PathElement<'_>]) -> Option<&'a str> {
    found.decode_path(at).ok().flatten()
}

/// Where the layouts of MaxMind and DB-IP, and that of `IPinfo`, have it. The
/// country of the users comes before that in which the network is registered.
fn country<'a>(found: &Found<'a>) -> Option<&'a str> {
    let of = |at: &[PathElement<'_>]| text(found, at).filter(|code| is_country(code));
    of(&path!["country", "iso_code"])
        .or_else(|| of(&path!["registered_country", "iso_code"]))
        .or_else(|| of(&path!["country_code"]))
}

fn system(found: &Found<'_>) -> Option<u32> {
    let at = path!["autonomous_system_number"];
    // Files that others make have numbers as short as they can be.
    let number = found
        .decode_path::<u32>(&at)
        .or_else(|_| Ok::<_, MaxMindDbError>(found.decode_path::<u16>(&at)?.map(u32::from)));
    number.ok().flatten().or_else(|| text(found, &path!["asn"])?.strip_prefix("AS")?.parse().ok())
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;
