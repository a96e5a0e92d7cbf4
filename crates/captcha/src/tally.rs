//! What is to be counted about one request, as data: the shell batches it.

use munjigi_protocol::{Algorithm, Code, CountKind};

use crate::keys::Sitekey;
use crate::visit::{Country, Visit};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The site.
    pub sitekey: Sitekey,
    /// Host name of the page, empty where unknown.
    pub hostname: String,
    /// The action, may be empty.
    pub action: String,
    /// What happened.
    pub kind: CountKind,
    /// For `refused`: why.
    pub code: Option<Code>,
    /// The country.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// The hash, where one was involved.
    pub algorithm: Option<Algorithm>,
    /// The solve time that the widget reported.
    pub solve_ms: Option<u32>,
}

impl Tally {
    pub(crate) fn new(kind: CountKind, sitekey: Sitekey, visit: &Visit) -> Self {
        Self {
            sitekey,
            hostname: String::new(),
            action: String::new(),
            kind,
            code: None,
            country: visit.country,
            asn: visit.asn,
            algorithm: None,
            solve_ms: None,
        }
    }

    /// On this page.
    pub(crate) fn at(mut self, hostname: &str, action: &str) -> Self {
        hostname.clone_into(&mut self.hostname);
        action.clone_into(&mut self.action);
        self
    }
}
