//! Reads the console's settings: its address, and who may use it.

use munjigi_app::settings::{Console, SignUpPolicy, is_local};
use munjigi_domain::accounts::{EmailAddress, MostSites};
use munjigi_keys::KeyRing;
use munjigi_process::config::{Reader, number};
use munjigi_process::proxies::Proxies;
use munjigi_store::Database;

use super::own_site::read_own_site;
use super::{Environment, Mistakes, database, parse_bare_url, variables};

/// Whether a console is configured.
pub(super) fn is_wanted(reader: &Reader) -> bool {
    reader.is_set(&variables::CONSOLE_URL)
}

pub(super) fn read(reader: &mut Reader) -> Option<Console> {
    let url = reader.required(&variables::CONSOLE_URL, parse_console_url);
    let sign_up = reader.required(&variables::SIGN_UP, |text| match text {
        "open" => Ok(SignUpPolicy::Open),
        "closed" => Ok(SignUpPolicy::Closed),
        _ => Err("must be open or closed".to_owned()),
    });
    let operators = reader.required(&variables::OPERATORS, parse_operators);
    let proxies = Proxies::read(reader, &variables::CLIENT_HEADER, &variables::TRUSTED_PROXIES);
    let keys = keys(reader);
    let most_sites = most_sites(reader);
    let demo = read_own_site(reader, &variables::DEMO_SITEKEY, &variables::DEMO_SECRET);
    let widget = read_own_site(reader, &variables::CONSOLE_SITEKEY, &variables::CONSOLE_SECRET);
    Some(Console {
        url: url?,
        keys: keys?,
        sign_up: sign_up?,
        operators: operators?,
        proxies: proxies?,
        most_sites: most_sites?,
        demo: demo?,
        widget: widget?,
    })
}

/// The ring that seals what the console reads again.
pub(super) fn keys(reader: &mut Reader) -> Option<KeyRing> {
    reader.required(&variables::CONSOLE_KEYS, |text| {
        KeyRing::parse(text).map_err(|error| error.to_string())
    })
}

/// What commands about accounts need.
#[derive(Debug)]
pub struct ConsoleSource {
    pub database: Database,
    /// The console that links point to.
    pub console: Console,
}

impl ConsoleSource {
    /// Reads the database's settings and the console's, which are required.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let database = database::read(&mut reader);
        let console = read(&mut reader);
        let config = (|| Some(Self { database: database?, console: console? }))();
        reader.finish(config)
    }
}

/// What commands about sites of organisations need.
#[derive(Debug)]
pub struct OwnedSitesSource {
    pub database: Database,
    /// Maximum number of sites per organisation.
    pub most_sites: MostSites,
}

impl OwnedSitesSource {
    /// Reads the database's settings and the cap.
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let (database, most_sites) = (database::read(&mut reader), most_sites(&mut reader));
        let config = (|| Some(Self { database: database?, most_sites: most_sites? }))();
        reader.finish(config)
    }
}

fn most_sites(reader: &mut Reader) -> Option<MostSites> {
    let variable = &variables::SITES_PER_ORGANISATION;
    reader.required(variable, |text| number(text, 1..=1_000_000)).map(MostSites)
}

fn parse_operators(text: &str) -> Result<Vec<EmailAddress>, String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| format!("{word:?} is not an address"))).collect()
}

/// Passwords do not go over a network unencrypted.
fn parse_console_url(text: &str) -> Result<reqwest::Url, String> {
    let url = parse_bare_url(text)?;
    if url.scheme() == "https" || is_local(&url) {
        return Ok(url);
    }
    Err("must start with https:// unless it is localhost".to_owned())
}
