//! Decayed counters of one isolate.

use crate::keys::Sitekey;
use crate::time::UnixMillis;

/// Counters of one isolate: approximate, bounded, gone with the isolate.
#[derive(Debug)]
pub struct Counters {
    half_life_seconds: u32,
}

/// What is counted about one place, decayed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Challenges issued.
    pub issued: u32,
    /// Tokens handed out.
    pub solved: u32,
    /// Wrong solutions and answers.
    pub failed: u32,
}

/// What the counters say of one visit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// The site.
    pub site: Load,
    /// The visitor's network on the site.
    pub prefix: Load,
    /// The visitor's autonomous system on the site; nothing where unknown.
    pub asn: Load,
}

/// Whose counters a visit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The site.
    pub sitekey: Sitekey,
    /// Pseudonym of the network on the site.
    pub network: u64,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}

impl Counters {
    /// Empty counters.
    pub fn new(half_life_seconds: u32) -> Self {
        Self { half_life_seconds }
    }

    /// What is known about a place.
    pub fn pressure(&self, _place: &Place, _now: UnixMillis) -> Pressure {
        let _ = self.half_life_seconds;
        Pressure::default()
    }
}
