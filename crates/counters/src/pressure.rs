//! What the counters say of one visit, as `policy` reads it.

use super::decay::{TICKS_PER_HALF_LIFE, decayed};
use super::load::Load;
use super::table::Usual;

/// What the counters say of one visit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Load of the whole site; nothing is counted as issued.
    pub site: Load,
    /// Networks from which people passed on the site within one to two
    /// half-lives.
    pub site_networks: u32,
    /// What is usual for the site.
    pub site_usual: Option<Usual>,
    /// The visitor's address on the site.
    pub address: Load,
    /// The same with the visitor's software alone.
    pub client: Load,
    /// How often the visitor's interaction was solved with on the site, 0 where
    /// too little of it is known.
    pub trace: u32,
    /// The visitor's network on the site.
    pub network: Crowd,
    /// The visitor's /56 on the site; zero for IPv4.
    pub subnet: Load,
    /// The visitor's block of networks on the site.
    pub block: Part,
    /// The visitor's autonomous system on the site; zero when it is unknown.
    pub system: Part,
    /// Whether machines are rented from the system.
    pub hosting: bool,
    /// The visitor's software, by headers.
    pub software: Fleet,
    /// The visitor's software, by its handshake.
    pub handshake: Fleet,
    /// All software that hardly anyone uses, if the visitor's is.
    pub rare: Fleet,
    /// Attempts on the site that used SHA-256.
    pub fallbacks: u32,
    /// How many people are expected to pass on the site at this hour, decayed
    /// as [`Load::solved`] is; see [`Self::expecting`].
    pub expected: Option<u32>,
    /// Whether the visitor's address passed here today, before the site was
    /// flooded.
    pub passed: bool,
    /// Half-life of all these numbers, in seconds.
    pub half_life_seconds: u32,
}

/// The load of a network's addresses together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    pub load: Load,
    /// How many addresses they have, within one to two half-lives,
    /// approximately.
    pub members: u32,
}

/// A block of networks, or a system, on a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    pub load: Load,
    /// How many they are, within one to two half-lives, approximately.
    pub networks: u32,
    /// The share of the site's people that it usually has, in 65,536ths; `None`
    /// if unknown.
    pub share: Option<u16>,
    /// The same over all sites.
    pub prior: Option<u16>,
}

/// Clients with the same software on a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Networks from which they passed, within one to two half-lives,
    /// approximately.
    pub networks: u32,
    /// The share of the site's people who usually use it, in 65,536ths; `None`
    /// if unknown.
    pub share: Option<u16>,
    /// The same over all sites.
    pub prior: Option<u16>,
}

impl Pressure {
    /// The same, on a site where this many people are expected to pass in an
    /// hour.
    #[must_use]
    pub fn expecting(self, hourly: Option<u32>) -> Self {
        // A count that decays by half in h seconds comes to h / ln 2 times the
        // rate of a second; 1 / ln 2 is 1.4427.
        let seconds = u64::from(self.half_life_seconds) * 14_427 / 10_000;
        let expected = hourly.map(|hourly| u64::from(hourly) * seconds / 3_600);
        let expected = expected.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        Self { expected, ..self }
    }

    /// The same for the solution of a challenge that was counted here: an
    /// attempt does not pay for itself.
    #[must_use]
    pub const fn without_own(self) -> Self {
        const fn less(load: Load) -> Load {
            Load { issued: load.issued.saturating_sub(1), ..load }
        }
        let network = Crowd { load: less(self.network.load), ..self.network };
        Self { address: less(self.address), client: less(self.client), network, ..self }
    }

    /// What remains after some seconds in which nothing happens, rounded up.
    #[must_use]
    pub fn after(&self, seconds: u32) -> Self {
        let ticks = u64::from(seconds) * TICKS_PER_HALF_LIFE;
        let ticks = ticks / u64::from(self.half_life_seconds.max(1));
        let count = |number: u32| decayed(number.saturating_mul(256), ticks).div_ceil(256);
        let load = |load: Load| Load::of(load.fields().map(count));
        Self {
            site: load(self.site),
            address: load(self.address),
            client: load(self.client),
            trace: count(self.trace),
            network: Crowd { load: load(self.network.load), ..self.network },
            subnet: load(self.subnet),
            block: Part { load: load(self.block.load), ..self.block },
            system: Part { load: load(self.system.load), ..self.system },
            fallbacks: count(self.fallbacks),
            ..*self
        }
    }
}
