//! Decaying counters of one isolate: what was recently issued, solved and
//! failed per site, per network on a site and per autonomous system on a site,
//! and which attempts were already counted. Approximate, bounded, and lost with
//! the isolate. `policy` decides what they cost a visitor.

mod recent;
mod table;

use munjigi_keys::UnixMillis;
use munjigi_protocol::AttemptId;

use recent::Recent;
use table::Table;

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::visit::Visit;

/// Counters of one isolate. They stay below a megabyte under any load.
#[derive(Debug)]
pub struct Counters {
    half_life_seconds: u32,
    tick_millis: u64,
    sites: Table,
    networks: Table,
    systems: Table,
    /// Per site: attempts by SHA-256, counted in the field for issued
    /// challenges.
    fallbacks: Table,
    recent: Recent,
}

/// Counts for one site, network or autonomous system, decayed to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Number of challenges issued.
    pub issued: u32,
    /// Number of tokens handed out.
    pub solved: u32,
    /// Number of wrong solutions and answers.
    pub failed: u32,
}

impl Load {
    const fn and(self, other: Self) -> Self {
        Self {
            issued: self.issued.saturating_add(other.issued),
            solved: self.solved.saturating_add(other.solved),
            failed: self.failed.saturating_add(other.failed),
        }
    }

    /// Issued and failed challenges as one number, to which failures add at
    /// most `most_by_failures`.
    pub const fn weight(&self, most_by_failures: u32) -> u32 {
        let failures = self.failed.saturating_mul(FAILURE_WEIGHT);
        let failures = if failures > most_by_failures { most_by_failures } else { failures };
        self.issued.saturating_add(failures)
    }
}

/// A failure weighs as much as this many challenges: browsers do not fail, but
/// programs under development do. `policy` sets the upper bound.
pub const FAILURE_WEIGHT: u32 = 8;

/// What the counters say of one visit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Load of the whole site.
    pub site: Load,
    /// The visitor's network on the site.
    pub prefix: Load,
    /// The visitor's autonomous system on the site; zero when it is unknown.
    pub asn: Load,
    /// Attempts on the site that used SHA-256.
    pub fallbacks: u32,
    /// Half-life of all these numbers, in seconds.
    pub half_life_seconds: u32,
}

impl Pressure {
    /// What remains after some seconds in which nothing happens, rounded up.
    pub(crate) fn after(&self, seconds: u32) -> Self {
        let ticks = u64::from(seconds) * TICKS_PER_HALF_LIFE;
        let ticks = ticks / u64::from(self.half_life_seconds.max(1));
        let count = |number: u32| decayed(number.saturating_mul(256), ticks).div_ceil(256);
        let load = |load: Load| Load {
            issued: count(load.issued),
            solved: count(load.solved),
            failed: count(load.failed),
        };
        Self {
            site: load(self.site),
            prefix: load(self.prefix),
            asn: load(self.asn),
            fallbacks: count(self.fallbacks),
            half_life_seconds: self.half_life_seconds,
        }
    }
}

/// The counters that a visit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    site: u64,
    network: [u8; 8],
    /// The same network under yesterday's pseudonym, while that still counts: a
    /// price must not fall because the day changes.
    yesterday: Option<[u8; 8]>,
    system: Option<u64>,
}

impl Place {
    /// The network's pseudonym for the site and the day, as challenges seal it.
    /// A count made when a challenge was issued is therefore found even when
    /// its solution comes from elsewhere.
    pub const fn visitor(&self) -> [u8; 8] {
        self.network
    }
}

/// An event to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// A challenge was issued.
    Issued,
    /// A token was handed out.
    Solved,
    /// A solution or an answer was wrong.
    Failed,
}

/// An event that counts once per attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its solution or answer was wrong.
    Failed,
    /// A token was handed out.
    Solved,
    /// It expired before a solution arrived.
    Abandoned,
    /// It was admitted with SHA-256 and has paid its price.
    Fallback,
    /// More was required after the step with this number.
    Stepped(u32),
}

impl Event {
    fn of(self, id: &AttemptId) -> u64 {
        let name = id.0.first_chunk().copied().map(u64::from_le_bytes);
        let number = match self {
            Self::Failed => 1,
            Self::Solved => 2,
            Self::Abandoned => 3,
            Self::Fallback => 4,
            Self::Stepped(step) => u64::from(step) << 8 | 6,
        };
        name.unwrap_or_default() ^ mix(number)
    }
}

/// After this many half-lives, what remains costs nothing.
const HALF_LIVES: u64 = 16;

const MILLIS_PER_DAY: u64 = 86_400_000;

const SITES: usize = 1_024;
const NETWORKS: usize = 16_384;
const SYSTEMS: usize = 4_096;

impl Counters {
    /// Empty counters. A half-life of 0 is read as one second.
    pub fn new(half_life_seconds: u32) -> Self {
        let half_life_seconds = half_life_seconds.max(1);
        Self {
            half_life_seconds,
            tick_millis: u64::from(half_life_seconds) * 1_000 / TICKS_PER_HALF_LIFE,
            sites: Table::new(SITES),
            networks: Table::new(NETWORKS),
            systems: Table::new(SYSTEMS),
            fallbacks: Table::new(SITES),
            recent: Recent::default(),
        }
    }

    /// The place of a visit to a site. The network is stored as a keyed
    /// pseudonym: the counters contain no address, and outsiders cannot choose
    /// prefixes that share a set of the table with a victim's.
    pub fn place(
        &self,
        authority: &Authority,
        sitekey: &Sitekey,
        visit: &Visit,
        now: UnixMillis,
    ) -> Place {
        let (first, _) = sitekey.as_bytes().split_at(8);
        let site = first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        // Systems are counted per site, so that an attack on one site costs
        // no visitor of another. Sitekeys are random, system numbers scarce:
        // neither can be chosen, so an unkeyed mix will do.
        let system = (visit.asn != 0).then(|| mix(site ^ u64::from(visit.asn)));
        let network = |at| authority.network(sitekey, at, visit.prefix());
        let midnight = UnixMillis(now.0 - now.0 % MILLIS_PER_DAY);
        let matters = now.since(midnight) < HALF_LIVES * u64::from(self.half_life_seconds) * 1_000;
        let yesterday = matters.then(|| network(UnixMillis(midnight.0.saturating_sub(1))));
        Place { site, network: network(now), yesterday, system }
    }

    /// The counters of a place, decayed to `now`.
    pub fn pressure(&self, place: &Place, now: UnixMillis) -> Pressure {
        let tick = self.tick(now);
        let network = |visitor| self.networks.load(u64::from_le_bytes(visitor), tick);
        let yesterday = place.yesterday.map(network).unwrap_or_default();
        Pressure {
            site: self.sites.load(place.site, tick),
            prefix: network(place.network).and(yesterday),
            asn: place.system.map(|key| self.systems.load(key, tick)).unwrap_or_default(),
            fallbacks: self.fallbacks.load(place.site, tick).issued,
            half_life_seconds: self.half_life_seconds,
        }
    }

    /// The counters of a network, found by the pseudonym that a challenge
    /// seals, which is that of the day on which the attempt began.
    pub fn network(&self, visitor: [u8; 8], now: UnixMillis) -> Load {
        self.networks.load(u64::from_le_bytes(visitor), self.tick(now))
    }

    /// Counts an event at a place.
    pub fn note(&mut self, place: &Place, what: Noted, now: UnixMillis) {
        let tick = self.tick(now);
        self.sites.note(place.site, what, tick);
        self.networks.note(u64::from_le_bytes(place.network), what, tick);
        if let Some(key) = place.system {
            self.systems.note(key, what, tick);
        }
    }

    /// Counts an attempt that was admitted with SHA-256.
    pub fn note_fallback(&mut self, place: &Place, now: UnixMillis) {
        self.fallbacks.note(place.site, Noted::Issued, self.tick(now));
    }

    /// Remembers an event of an attempt and returns whether it is new. Ids are
    /// random and sealed, so their first bytes are enough to name them.
    pub fn first(&mut self, id: &AttemptId, event: Event) -> bool {
        self.recent.insert(event.of(id))
    }

    /// Whether an event of an attempt is remembered.
    pub fn seen(&self, id: &AttemptId, event: Event) -> bool {
        self.recent.contains(event.of(id))
    }

    const fn tick(&self, now: UnixMillis) -> u64 {
        now.0 / self.tick_millis
    }
}

/// The last mixing step of SplitMix64.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Numbers decay in whole steps, this many per half-life, so that the rate of
/// decay does not depend on how often a counter is touched.
const TICKS_PER_HALF_LIFE: u64 = 32;

/// A number in 256ths after some ticks.
fn decayed(value: u32, ticks: u64) -> u32 {
    let halvings = ticks / TICKS_PER_HALF_LIFE;
    let within = (ticks % TICKS_PER_HALF_LIFE) as usize;
    if halvings >= 32 {
        return 0;
    }
    let scaled = (u64::from(value) * DECAY[within]) >> (32 + halvings);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

/// 2^(32 - i/32).
const DECAY: [u64; 32] = [
    4_294_967_296,
    4_202_935_003,
    4_112_874_773,
    4_024_744_348,
    3_938_502_376,
    3_854_108_391,
    3_771_522_796,
    3_690_706_840,
    3_611_622_603,
    3_534_232_978,
    3_458_501_653,
    3_384_393_094,
    3_311_872_529,
    3_240_905_930,
    3_171_459_999,
    3_103_502_151,
    3_037_000_500,
    2_971_923_842,
    2_908_241_642,
    2_845_924_021,
    2_784_941_738,
    2_725_266_179,
    2_666_869_345,
    2_609_723_834,
    2_553_802_834,
    2_499_080_105,
    2_445_529_972,
    2_393_127_307,
    2_341_847_524,
    2_291_666_561,
    2_242_560_872,
    2_194_507_417,
];

#[cfg(test)]
mod tests;
