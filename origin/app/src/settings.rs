//! The operator's settings that the console and the API use. The command reads
//! them from variables.

mod own_site;

use munjigi_domain::accounts::demo::Reach;
use munjigi_domain::accounts::passkey::RelyingParty;
use munjigi_domain::accounts::{EmailAddress, MostSites, Token};
use munjigi_keys::KeyRing;
use munjigi_process::proxies::Proxies;

pub use own_site::OwnSite;

#[derive(Debug, Clone)]
pub struct Console {
    /// Scheme, host and port, as people type it.
    pub url: reqwest::Url,
    /// Seals what must be readable again.
    pub keys: KeyRing,
    pub sign_up: SignUpPolicy,
    /// Accounts of those who run the service.
    pub operators: Vec<EmailAddress>,
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

    pub fn reach(&self) -> Reach {
        if self.is_local() { Reach::Local } else { Reach::Open }
    }

    /// Whether cookies may require an encrypted connection.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }
}

/// How long records are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Days of redeemed tokens and minute counts.
    pub event_days: u16,
}

/// Whether an address is this machine's.
pub fn is_local(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
