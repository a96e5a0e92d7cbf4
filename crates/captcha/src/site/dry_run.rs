//! Dry runs: what a site's rules would have said about a visit of which only
//! parts were recorded. The conditions are those of `rules`, with a third
//! outcome: open.

use munjigi_protocol::{Signs, Verdict};

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
    /// The score, in hundredths.
    pub score: Option<u8>,
    /// What was noticed.
    pub signs: Option<Signs>,
    /// The pseudonyms of the software, by its headers and by its handshake.
    pub software: Option<[u32; 2]>,
}

/// What the rules say about a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// The verdict of the first rule that decides.
    pub verdict: Option<Verdict>,
    /// Whether that rule requires something that the edge sees for itself.
    pub vouches: bool,
    /// What the rules before it add to the risk.
    pub weight: i32,
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
    /// This verdict; `None` if no rule matches the visit. Where rules only
    /// weigh, it is the sum of their weights.
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
    /// What the rules say about a visit of which everything is known.
    pub(crate) fn ruling(&self, seen: &Sighting<'_>) -> Ruling {
        let mut weight = 0;
        for rule in self.rules.iter().filter(|rule| rule.holds(seen) == Holds::Yes) {
            match rule.verdict {
                Verdict::Weigh(adds) => weight += i32::from(adds),
                verdict => {
                    return Ruling { verdict: Some(verdict), vouches: rule.vouches(), weight };
                }
            }
        }
        Ruling { verdict: None, vouches: false, weight }
    }

    /// What the rules say about a visit of which only this is known. A rule
    /// that may or may not match leaves the answer open, unless it comes to the
    /// same either way.
    pub fn predict(&self, seen: &Sighting<'_>) -> Prediction {
        let (mut possible, mut weight) = (None, Holds::of(true));
        let mut sum = 0;
        let mut certain = None;
        for rule in &self.rules {
            match (rule.holds(seen), rule.verdict) {
                (Holds::No, _) => {}
                (Holds::Yes, Verdict::Weigh(adds)) => sum += i32::from(adds),
                (Holds::Open, Verdict::Weigh(_)) => weight = Holds::Open,
                (Holds::Yes, verdict) => {
                    certain = Some(verdict);
                    break;
                }
                (Holds::Open, verdict) if possible.is_none_or(|before| before == verdict) => {
                    possible = Some(verdict);
                }
                (Holds::Open, _) => return Prediction::Open,
            }
        }
        // Weights matter where nothing else decides.
        let verdict = match (certain, weight) {
            (Some(verdict), _) => Some(verdict),
            (None, Holds::Open) => return Prediction::Open,
            (None, _) => {
                i8::try_from(sum.clamp(-100, 100)).ok().filter(|sum| *sum != 0).map(Verdict::Weigh)
            }
        };
        match possible {
            Some(possible) if verdict != Some(possible) => Prediction::Open,
            _ => Prediction::Certain(verdict),
        }
    }
}

#[cfg(test)]
mod tests;
