//! What to count for one request, as data: the shell sends it in batches.

use munjigi_protocol::{Algorithm, Code, CountKind, PackId, PictureType};

use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::labels::Action;
use crate::site::{Guard, Site};
use crate::visit::{Country, Location, Visit};

/// One event to count.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The site that it happened on.
    pub sitekey: Sitekey,
    /// Host name of the page, empty where unknown. Unless `kind` is `solved`, a
    /// name that the site's owner wrote; for a wildcard, its base.
    pub hostname: String,
    /// The action, where `kind` is `solved`; the name of a rule about paths, where
    /// one stopped a request; otherwise empty.
    pub action: String,
    /// The kind of event.
    pub kind: CountKind,
    /// Why, for `refused`; otherwise `None`.
    pub code: Option<Code>,
    /// The visitor's country, as far as the edge knows it.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// The hash, if one was involved.
    pub algorithm: Option<Algorithm>,
    /// The solve time that the widget reported, in milliseconds.
    pub solve_ms: Option<u32>,
    /// What became of a picture, if one was involved.
    pub picture: Option<PictureTally>,
    /// What a first challenge cost; `None` for everything else.
    pub price: Option<PriceTally>,
}

/// What a first challenge cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceTally {
    /// Its work as a multiple of the site's floor, at least 1.
    pub factor: u64,
    /// The fleet that it was issued to, if there is one.
    pub fleet: Option<FleetTally>,
}

/// A visit of software that came from far more networks than is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetTally {
    /// The software's pseudonym on the site, for the day.
    pub name: u32,
    /// From about how many networks it came lately.
    pub networks: u32,
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureTally {
    /// The kind of picture.
    pub kind: PictureType,
    /// The pack; `None` if there was nothing to deal from.
    pub pack: Option<PackId>,
    /// What happened to it.
    pub fate: PictureFate,
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFate {
    /// A picture was dealt, or would have been if there were a pack.
    Dealt,
    /// The answer was right.
    Right,
    /// The answer was wrong.
    Wrong,
    /// The visitor chose "another way".
    Way,
}

impl Tally {
    pub(crate) fn new(kind: CountKind, sitekey: Sitekey, visit: &Visit) -> Self {
        Self::at(kind, sitekey, visit.location())
    }

    fn at(kind: CountKind, sitekey: Sitekey, location: Location) -> Self {
        Self {
            sitekey,
            hostname: String::new(),
            action: String::new(),
            kind,
            code: None,
            country: location.country,
            asn: location.asn,
            algorithm: None,
            solve_ms: None,
            picture: None,
            price: None,
        }
    }

    /// A request for a protected path was not let through, or would not have been
    /// but for the rule's dry run.
    pub fn stopped(sitekey: Sitekey, guard: &Guard, location: Location) -> Self {
        let kind = if guard.dry_run { CountKind::WouldStop } else { CountKind::Stopped };
        let action = guard.name().to_owned();
        Self { action, ..Self::at(kind, sitekey, location) }
    }

    /// Adds the page. What a client says about itself is counted only once it
    /// has paid: otherwise invented names would fill the records.
    pub(crate) fn on(mut self, site: &Site, hostname: &Hostname, action: &Action) -> Self {
        let paid = self.kind == CountKind::Solved;
        let name = if paid { hostname.as_str() } else { site.counted_as(hostname) };
        name.clone_into(&mut self.hostname);
        if paid {
            action.as_str().clone_into(&mut self.action);
        }
        self
    }
}
