//! Decayed counters of one isolate: what was issued, solved and failed lately
//! per site, per network on a site and per autonomous system on a site.
//! Approximate, bounded, gone with the isolate. What they cost a visitor is
//! decided in `policy`.

mod table;

use table::Table;

use crate::authority::Authority;
use crate::keys::Sitekey;
use crate::time::UnixMillis;
use crate::visit::Visit;

/// Counters of one isolate. They take about 700 KB, whatever arrives.
#[derive(Debug)]
pub struct Counters {
    tick_millis: u64,
    sites: Table,
    networks: Table,
    systems: Table,
}

/// What is counted about one place, decayed to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Challenges issued.
    pub issued: u32,
    /// Tokens handed out.
    pub solved: u32,
    /// Wrong solutions and answers.
    pub failed: u32,
}

impl Load {
    /// Issued and failed as one number.
    pub const fn weight(&self) -> u32 {
        self.issued.saturating_add(self.failed.saturating_mul(FAILURE_WEIGHT))
    }
}

/// A failure weighs as much as this many challenges: browsers do not fail,
/// programs that are being written do.
pub const FAILURE_WEIGHT: u32 = 8;

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
    site: u64,
    network: u64,
    system: Option<u64>,
}

impl Place {
    /// The place of a visit to a site. The network is kept by a keyed
    /// pseudonym: no address is in the counters, and nobody outside can
    /// choose prefixes that share a set of the table with a victim's.
    pub fn of(authority: &Authority, sitekey: &Sitekey, visit: &Visit) -> Self {
        let (first, _) = sitekey.as_bytes().split_at(8);
        let site = first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        // Systems are counted per site, so that an attack on one site costs
        // no visitor of another. Sitekeys are random, system numbers scarce:
        // neither can be chosen, so an unkeyed mix will do.
        let system = (visit.asn != 0).then(|| mix(site ^ u64::from(visit.asn)));
        Self { site, network: authority.network(sitekey, visit.prefix), system }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// A challenge was issued.
    Issued,
    /// A token was handed out.
    Solved,
    /// A solution or an answer was wrong.
    Failed,
}

const SITES: usize = 1_024;
const NETWORKS: usize = 16_384;
const SYSTEMS: usize = 4_096;

impl Counters {
    /// Empty counters. A half-life of 0 is read as one second.
    pub fn new(half_life_seconds: u32) -> Self {
        let half_life_millis = u64::from(half_life_seconds.max(1)) * 1_000;
        Self {
            tick_millis: half_life_millis / TICKS_PER_HALF_LIFE,
            sites: Table::new(SITES),
            networks: Table::new(NETWORKS),
            systems: Table::new(SYSTEMS),
        }
    }

    /// What is known about a place.
    pub fn pressure(&self, place: &Place, now: UnixMillis) -> Pressure {
        let tick = self.tick(now);
        Pressure {
            site: self.sites.load(place.site, tick),
            prefix: self.networks.load(place.network, tick),
            asn: place.system.map(|key| self.systems.load(key, tick)).unwrap_or_default(),
        }
    }

    /// Counts what happened.
    pub fn note(&mut self, place: &Place, what: Noted, now: UnixMillis) {
        let tick = self.tick(now);
        self.sites.note(place.site, what, tick);
        self.networks.note(place.network, what, tick);
        if let Some(key) = place.system {
            self.systems.note(key, what, tick);
        }
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

/// Numbers decay in whole steps of this many to a half-life, so that how
/// often a counter is touched does not change how fast it decays.
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
