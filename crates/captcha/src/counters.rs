//! Decaying counters: what was recently issued, solved and failed per site, and
//! on it per address, network, block of networks, autonomous system and client
//! software; how many different networks used each software; and which attempts
//! were already counted. Approximate, bounded, and lost with the process.
//! `policy` decides what they cost a visitor.

mod decay;
mod event;
mod passed;
mod place;
mod recent;
mod report;
mod sketch;
mod table;
mod told;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, Signals};
use serde::{Deserialize, Serialize};

pub(crate) use decay::{Clock, TICKS_PER_HALF_LIFE, decayed};
pub use event::{Event, Noted};
pub(crate) use place::By;
pub use place::Place;
pub use report::{Busy, MAX_BUSY, MAX_ROWS, Passes, Report, Row, Total, Totals};
pub use table::Usual;
pub(crate) use table::{Fresh, window};

use passed::Passed;
use place::{Namer, Names};
use recent::Recent;
use sketch::{Few, Many};
use table::{Counted, Counts, Table};
use told::{Name, Told};

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::visit::Visit;

/// Counters of one process. They stay below seven megabytes under any load.
#[derive(Debug)]
pub struct Counters {
    clock: Clock,
    namer: Namer,
    tables: Tables,
    recent: Recent,
    told: Told,
    passed: Passed,
}

/// What a name in the counters is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A site; seen with it: networks.
    Site,
    /// Attempts of a site by SHA-256, counted in the field for issued
    /// challenges.
    Fallback,
    /// Challenges of a site for which the counters charged more.
    Charged,
    /// An address on a site.
    Address,
    /// An address with one software on a site: several people share an address
    /// where a carrier or an office translates them.
    Client,
    /// A network on a site; seen with it: addresses.
    Network,
    /// A block of networks on a site.
    Block,
    /// An autonomous system on a site; seen with it: networks.
    System,
    /// An interaction on a site: one that was recorded looks the same again.
    Trace,
    /// The software of clients on a site, by headers or by handshake; seen with
    /// it: networks.
    Stack,
}

/// A table for each kind.
#[derive(Debug)]
pub(crate) struct Tables {
    sites: Table<Many>,
    fallbacks: Table<()>,
    charged: Table<()>,
    addresses: Table<()>,
    clients: Table<()>,
    traces: Table<()>,
    networks: Table<Few>,
    blocks: Table<()>,
    systems: Table<Many>,
    stacks: Table<Many>,
}

impl Tables {
    /// Empty tables.
    pub fn new() -> Self {
        Self {
            sites: Table::new(1_024),
            fallbacks: Table::new(1_024),
            charged: Table::new(1_024),
            addresses: Table::new(16_384),
            clients: Table::new(16_384),
            traces: Table::new(8_192),
            networks: Table::new(16_384),
            blocks: Table::new(4_096),
            systems: Table::new(2_048),
            stacks: Table::new(2_048),
        }
    }

    /// The table of a kind.
    pub const fn of(&self, kind: Kind) -> &dyn Counts {
        match kind {
            Kind::Site => &self.sites,
            Kind::Fallback => &self.fallbacks,
            Kind::Charged => &self.charged,
            Kind::Address => &self.addresses,
            Kind::Client => &self.clients,
            Kind::Trace => &self.traces,
            Kind::Network => &self.networks,
            Kind::Block => &self.blocks,
            Kind::System => &self.systems,
            Kind::Stack => &self.stacks,
        }
    }

    /// The same, to be changed.
    pub const fn change(&mut self, kind: Kind) -> &mut dyn Counts {
        match kind {
            Kind::Site => &mut self.sites,
            Kind::Fallback => &mut self.fallbacks,
            Kind::Charged => &mut self.charged,
            Kind::Address => &mut self.addresses,
            Kind::Client => &mut self.clients,
            Kind::Trace => &mut self.traces,
            Kind::Network => &mut self.networks,
            Kind::Block => &mut self.blocks,
            Kind::System => &mut self.systems,
            Kind::Stack => &mut self.stacks,
        }
    }
}

/// Counts of one name, decayed to now.
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
    /// Both together.
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
    /// Networks from which the site was visited within one to two half-lives.
    pub site_networks: u32,
    /// What is usual for the site.
    pub site_usual: Option<Usual>,
    /// The visitor's address on the site.
    pub address: Load,
    /// The same with the visitor's software alone.
    pub client: Load,
    /// How often the visitor's interaction was seen on the site, 0 where too
    /// little of it is known.
    pub trace: u32,
    /// The visitor's network on the site.
    pub network: Crowd,
    /// The visitor's block of networks on the site.
    pub block: Load,
    /// The visitor's autonomous system on the site; zero when it is unknown.
    pub system: Fleet,
    /// Whether machines are rented from the system.
    pub hosting: bool,
    /// The visitor's software, by headers.
    pub software: Fleet,
    /// The visitor's software, by its handshake.
    pub handshake: Fleet,
    /// Attempts on the site that used SHA-256.
    pub fallbacks: u32,
    /// Challenges of the site for which the counters charged more, apart from a
    /// flood of the site.
    pub charged: u32,
    /// How many challenges the site is expected to issue at this hour, decayed
    /// as [`Load::issued`] is; see [`Self::expecting`].
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
    /// What they did.
    pub load: Load,
    /// How many addresses they have, within one to two half-lives,
    /// approximately.
    pub members: u32,
}

/// Clients that have something in common on a site: a system, or software.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Networks from which they came, within one to two half-lives,
    /// approximately.
    pub networks: u32,
    /// What is usual for them on the site.
    pub usual: Option<Usual>,
}

impl Pressure {
    /// The same, on a site that is expected to issue this many challenges an
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
            address: load(self.address),
            client: load(self.client),
            trace: count(self.trace),
            network: Crowd { load: load(self.network.load), ..self.network },
            block: load(self.block),
            fallbacks: count(self.fallbacks),
            charged: count(self.charged),
            ..*self
        }
    }
}

/// Challenges of a network from which each of its addresses is reported to the
/// meter: spread over many processes, none of them is warm anywhere.
const BUSY_NETWORK: u32 = 16;

/// After this many half-lives, what remains costs nothing.
const HALF_LIVES: u64 = 16;

impl Counters {
    /// Empty counters. A half-life of 0 is read as one second.
    pub fn new(half_life_seconds: u32) -> Self {
        Self {
            clock: Clock::new(half_life_seconds),
            namer: Namer::default(),
            tables: Tables::new(),
            recent: Recent::default(),
            told: Told::default(),
            passed: Passed::default(),
        }
    }

    /// The place of a visit to a site.
    pub fn place(
        &mut self,
        authority: &Authority,
        sitekey: &Sitekey,
        visit: &Visit,
        now: UnixMillis,
    ) -> Place {
        let matters = HALF_LIVES * u64::from(self.clock.half_life_seconds) * 1_000;
        self.namer.place(authority, sitekey, visit, now, matters)
    }

    /// The place of a visit that begins, with what its widget reports of the
    /// visitor's interaction.
    pub fn place_of(
        &mut self,
        authority: &Authority,
        sitekey: &Sitekey,
        visit: &Visit,
        signals: &Signals,
        now: UnixMillis,
    ) -> Place {
        let mut place = self.place(authority, sitekey, visit, now);
        place.trace = self.namer.trace(authority, sitekey, signals, now);
        place
    }

    /// The counters of a place, decayed to `now`.
    pub fn pressure(&self, place: &Place, now: UnixMillis) -> Pressure {
        let tick = self.clock.tick(now);
        let one = |kind, key| self.tables.of(kind).counted(key, tick);
        let both = |kind, name: fn(&Names) -> u64| {
            let today = one(kind, name(&place.today));
            let Some(yesterday) = &place.yesterday else { return today };
            let yesterday = one(kind, name(yesterday));
            Counted {
                load: today.load.and(yesterday.load),
                // The same may have come before and after midnight.
                distinct: today.distinct.max(yesterday.distinct),
                usual: today.usual.or(yesterday.usual),
            }
        };
        let crowd = |counted: Counted| Crowd { load: counted.load, members: counted.distinct };
        let fleet = |counted: Counted| Fleet { networks: counted.distinct, usual: counted.usual };
        let site = one(Kind::Site, place.site);
        let system = place.system.map(|key| one(Kind::System, key)).unwrap_or_default();
        let handshake = place.today.handshake.map(|key| one(Kind::Stack, key));
        Pressure {
            site: site.load,
            site_networks: site.distinct,
            site_usual: site.usual,
            address: both(Kind::Address, |names| names.address).load,
            client: both(Kind::Client, |names| names.client).load,
            trace: place.trace.map_or(0, |key| one(Kind::Trace, key).load.issued),
            network: crowd(both(Kind::Network, |names| names.network)),
            block: both(Kind::Block, |names| names.block).load,
            system: fleet(system),
            hosting: place.hosting,
            software: fleet(both(Kind::Stack, |names| names.software)),
            handshake: fleet(handshake.unwrap_or_default()),
            fallbacks: one(Kind::Fallback, place.site).load.issued,
            charged: one(Kind::Charged, place.site).load.issued,
            expected: None,
            passed: [Some(&place.today), place.yesterday.as_ref()]
                .into_iter()
                .flatten()
                .any(|names| self.passed.knows(place.site, names.address)),
            half_life_seconds: self.clock.half_life_seconds,
        }
    }

    /// The counters of a network, found by the pseudonym that a challenge
    /// seals, which is that of the day on which the attempt began.
    pub fn network(&self, visitor: [u8; 8], now: UnixMillis) -> Crowd {
        let key = u64::from_le_bytes(visitor);
        let counted = self.tables.of(Kind::Network).counted(key, self.clock.tick(now));
        Crowd { load: counted.load, members: counted.distinct }
    }

    /// Counts an event at a place.
    pub fn note(&mut self, place: &Place, what: Noted, now: UnixMillis) {
        let Names { address, client, network, block, software, handshake } = place.today;
        let site = place.site;
        let tick = self.clock.tick(now);
        let busy = self.tables.of(Kind::Network).counted(network, tick).load.issued >= BUSY_NETWORK;
        // What is seen is hashed already, and by a key.
        if what == Noted::Solved {
            self.passed.note(site, address, now);
        }
        let mut count = |kind, key, seen, formerly| {
            let fresh = self.tables.change(kind).note(key, what, seen, tick);
            self.told.note(Name { site, kind, key, formerly }, fresh, busy);
        };
        count(Kind::Site, site, network, None);
        count(Kind::Address, address, 0, None);
        count(Kind::Client, client, 0, None);
        if let Some(trace) = place.trace {
            count(Kind::Trace, trace, 0, None);
        }
        count(Kind::Network, network, address, None);
        count(Kind::Block, block, 0, None);
        if let Some(system) = place.system {
            count(Kind::System, system, network, None);
        }
        count(Kind::Stack, software, network, place.yesterday.map(|names| names.software));
        if let Some(handshake) = handshake {
            let formerly = place.yesterday.and_then(|names| names.handshake);
            count(Kind::Stack, handshake, network, formerly);
        }
    }

    /// Notes that a site is flooded, so that the meter is asked who passed there
    /// before.
    pub fn note_flood(&mut self, place: &Place, now: UnixMillis) {
        let half_life = u64::from(self.clock.half_life_seconds) * 1_000;
        self.passed.flooded(place.site, half_life, now);
    }

    /// Counts an attempt that was admitted with SHA-256.
    pub fn note_fallback(&mut self, place: &Place, now: UnixMillis) {
        self.note_of_site(Kind::Fallback, place, now);
    }

    /// Counts a challenge for which the counters charged more, apart from a
    /// flood of the site.
    pub fn note_charged(&mut self, place: &Place, now: UnixMillis) {
        self.note_of_site(Kind::Charged, place, now);
    }

    fn note_of_site(&mut self, kind: Kind, place: &Place, now: UnixMillis) {
        let (site, tick) = (place.site, self.clock.tick(now));
        let fresh = self.tables.change(kind).note(site, Noted::Issued, 0, tick);
        self.told.note(Name { site, kind, key: site, formerly: None }, fresh, false);
    }

    /// Notes that a report failed: the next one waits longer.
    pub const fn report_failed(&mut self, now: UnixMillis) {
        self.told.failed(now);
    }

    /// Whether something is to be reported to the meter now.
    pub fn report_is_due(&self, now: UnixMillis) -> bool {
        self.told.is_due(self.passed.is_due(), now)
    }

    /// What was counted since the last report, for a meter of this many parts.
    pub fn reports(&mut self, parts: u16, now: UnixMillis) -> Vec<Report> {
        self.told.reports(&mut self.tables, &mut self.passed, parts, self.clock.tick(now), now)
    }

    /// Takes over the answer to a report. One that does not have a total for
    /// each row is none.
    pub fn learn(&mut self, report: &Report, totals: &Totals, now: UnixMillis) {
        if report.rows.len() != totals.rows.len() {
            return;
        }
        let tick = self.clock.tick(now);
        for (row, total) in report.rows.iter().zip(&totals.rows) {
            self.tables.change(row.kind).learn(row.key, &total.counted(), tick);
        }
        for Busy { kind, key, total } in &totals.busy {
            self.tables.change(*kind).meet(*key, &total.counted(), tick);
        }
        for passes in &totals.passed {
            self.passed.learn(passes);
        }
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
}

/// The last mixing step of SplitMix64.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests;
