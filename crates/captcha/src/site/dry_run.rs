//! Dry runs: what a site's rules would have said about a visit of which only
//! parts were recorded. The conditions are those of `rules`, with a third
//! outcome: open.

use munjigi_protocol::Verdict;

use super::Site;
use crate::address::Prefix;
use crate::holds::Holds;
use crate::host::{HostPattern, Hostname};
use crate::labels::Action;
use crate::list::Listings;
use crate::visit::Country;

/// What is known about a visit to a page. Absent parts were not recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sighting<'a> {
    /// Host of the page.
    pub host: Option<SeenHost<'a>>,
    /// What the visitor was doing.
    pub action: Option<&'a Action>,
    /// The country, as far as the edge knew it.
    pub country: Option<Country>,
    /// Number of the autonomous system, 0 where the edge did not know it.
    pub asn: Option<u32>,
    /// The visitor's network prefix.
    pub prefix: Option<Prefix>,
    /// On which of the site's lists the visitor was.
    pub listed: Listings,
}

/// What is known about a host.
#[derive(Debug, Clone, Copy)]
pub enum SeenHost<'a> {
    /// It was this one.
    Exact(&'a Hostname),
    /// It was this one or one below it.
    Under(&'a Hostname),
}

/// What the rules would have said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prediction {
    /// This verdict; `None` if no rule matches the visit.
    Certain(Option<Verdict>),
    /// It depends on parts that were not recorded.
    Open,
}

impl<'a> SeenHost<'a> {
    /// Interprets the name under which `Tally` counts hosts that nothing was
    /// paid for: the host itself if the site names it and has no wildcard over
    /// it, otherwise any host below it.
    pub fn counted_as(site: &Site, name: &'a Hostname) -> Self {
        let names =
            |pattern: &HostPattern| matches!(pattern, HostPattern::Exact(host) if host == name);
        let covers =
            |pattern: &HostPattern| matches!(pattern, HostPattern::Under(base) if base == name);
        let is_alone = site.hosts().iter().any(names) && !site.hosts().iter().any(covers);
        if is_alone && !name.is_loopback() { Self::Exact(name) } else { Self::Under(name) }
    }

    /// Whether a pattern covers the host.
    pub fn is_of(self, pattern: &HostPattern) -> Holds {
        match self {
            Self::Exact(host) => Holds::of(pattern.matches(host)),
            Self::Under(base) => match pattern {
                HostPattern::Under(_) if pattern.matches(base) => Holds::Yes,
                HostPattern::Exact(name) | HostPattern::Under(name) => {
                    // All loopback names are counted as one.
                    let may_be = base.is_loopback() && name.is_loopback();
                    let under = HostPattern::Under(base.clone());
                    if may_be || under.matches(name) { Holds::Open } else { Holds::No }
                }
            },
        }
    }
}

impl Site {
    /// What the rules say about a visit of which only this is known. A rule
    /// that may or may not match leaves the answer open, unless it comes to the
    /// same either way.
    pub fn predict(&self, seen: &Sighting<'_>) -> Prediction {
        let mut possible: Option<Option<Verdict>> = None;
        let certain = self.rules.iter().find_map(|rule| match rule.holds(seen) {
            Holds::No => None,
            Holds::Yes => Some(Ok(Some(rule.verdict))),
            Holds::Open if possible.is_none_or(|before| before == Some(rule.verdict)) => {
                possible = Some(Some(rule.verdict));
                None
            }
            Holds::Open => Some(Err(())),
        });
        match (certain.unwrap_or(Ok(None)), possible) {
            (Ok(verdict), None) => Prediction::Certain(verdict),
            (Ok(verdict), Some(possible)) if verdict == possible => Prediction::Certain(verdict),
            (Ok(_), Some(_)) | (Err(()), _) => Prediction::Open,
        }
    }
}

#[cfg(test)]
mod tests;
