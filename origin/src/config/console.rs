//! The console: its address, and who may use it.

use munjigi_domain::accounts::demo::Reach;
use munjigi_domain::accounts::passkey::RelyingParty;
use munjigi_domain::accounts::{MostSites, Token};
use munjigi_keys::KeyRing;
use munjigi_process::config::{Reader, number};
use munjigi_store::Database;

use super::{Environment, Mistakes, OwnSite, Proxies, database, parse_bare_url, variables};

/// What the console needs.
#[derive(Debug, Clone)]
pub struct Console {
    /// Scheme, host and port, as people type it.
    pub url: reqwest::Url,
    /// Seals what must be readable again.
    pub keys: KeyRing,
    pub sign_up: SignUpPolicy,
    /// The proxies between clients and us.
    pub proxies: Option<Proxies>,
    /// Maximum number of sites per organisation.
    pub most_sites: MostSites,
    /// The site for the demo on the home page, if there is one.
    pub demo: Option<OwnSite>,
    /// The site whose widget protects the public forms, if there is one.
    pub widget: Option<OwnSite>,
}

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpPolicy {
    /// Everybody.
    Open,
    /// Only invited people.
    Closed,
}

impl Console {
    /// Whether a console is configured.
    pub(super) fn is_wanted(reader: &Reader) -> bool {
        reader.is_set(&variables::CONSOLE_URL)
    }

    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        let url = reader.required(&variables::CONSOLE_URL, parse_console_url);
        let sign_up = reader.required(&variables::SIGN_UP, |text| match text {
            "open" => Ok(SignUpPolicy::Open),
            "closed" => Ok(SignUpPolicy::Closed),
            _ => Err("must be open or closed".to_owned()),
        });
        let proxies = Proxies::read(reader);
        let keys = reader.required(&variables::CONSOLE_KEYS, |text| {
            KeyRing::parse(text).map_err(|error| error.to_string())
        });
        let most_sites = most_sites(reader);
        let demo = OwnSite::read(reader, &variables::DEMO_SITEKEY, &variables::DEMO_SECRET);
        let widget = OwnSite::read(reader, &variables::CONSOLE_SITEKEY, &variables::CONSOLE_SECRET);
        Some(Self {
            url: url?,
            keys: keys?,
            sign_up: sign_up?,
            proxies: proxies?,
            most_sites: most_sites?,
            demo: demo?,
            widget: widget?,
        })
    }

    /// The address of a page, with its token.
    pub fn link(&self, path: &str, token: &Token) -> reqwest::Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("link", &token.reveal());
        url
    }

    /// The spelling in the browser's `Origin` header.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Our identity for passkeys. They are bound to a domain name, so there is
    /// none if the console's address is an IP address.
    pub fn relying_party(&self) -> Option<RelyingParty> {
        RelyingParty::new(self.url.domain()?, self.origin())
    }

    /// Whether only this machine can open it.
    pub fn is_local(&self) -> bool {
        is_local(&self.url)
    }

    /// Who can open it.
    pub fn reach(&self) -> Reach {
        if self.is_local() { Reach::Local } else { Reach::Open }
    }

    /// Whether cookies may require an encrypted connection.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }
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
        let database = database(&mut reader);
        let console = Console::from(&mut reader);
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
        let (database, most_sites) = (database(&mut reader), most_sites(&mut reader));
        let config = (|| Some(Self { database: database?, most_sites: most_sites? }))();
        reader.finish(config)
    }
}

fn most_sites(reader: &mut Reader) -> Option<MostSites> {
    let variable = &variables::SITES_PER_ORGANISATION;
    reader.required(variable, |text| number(text, 1..=1_000_000)).map(MostSites)
}

fn is_local(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Passwords do not go over a network unencrypted.
fn parse_console_url(text: &str) -> Result<reqwest::Url, String> {
    let url = parse_bare_url(text)?;
    if url.scheme() == "https" || is_local(&url) {
        return Ok(url);
    }
    Err("must start with https:// unless it is localhost".to_owned())
}
