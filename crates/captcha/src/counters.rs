//! Decaying counters: what was recently issued and failed per address, client
//! and network of a site; what was solved there, on the whole site, and per
//! block of networks, autonomous system, interaction and client software; from
//! how many different networks each came; and which attempts were already
//! counted. Approximate, bounded, and lost with the process. `policy` decides
//! what they cost a visitor.
//!
//! What many people share counts only what was solved: a challenge that is
//! requested and not paid for counts against no other client.

mod decay;
mod event;
mod keys;
mod load;
mod name;
mod passed;
mod pressure;
mod recent;
mod report;
mod report_queue;
mod sketch;
mod table;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, Signals};
use serde::{Deserialize, Serialize};

pub(crate) use decay::{Clock, TICKS_PER_HALF_LIFE, decayed};
pub use event::{Event, Payer};
pub use keys::CounterKeys;
pub(crate) use keys::Fingerprint;
pub use load::Load;
pub use passed::Cause;
pub use pressure::{Crowd, Fleet, Part, Pressure};
pub(crate) use recent::Recent;
pub use report::{
    Busy, Flooded, MAX_BUSY, MAX_BUSY_SHARED, MAX_ROWS, Passes, Regulars, Report, Row, Solution,
    Total, Totals,
};
pub(crate) use table::{Counted, window};
pub use table::{Share, Usual};

pub(crate) use event::CounterEvent;
use keys::{Namer, Names, PLATFORM, short};
use name::{Name, names_anywhere, names_here};
use passed::Passed;
use report_queue::{ReportQueue, Solved};
use sketch::{HyperLogLog, LinearCount};
use table::{Counts, Table};

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
    reports: ReportQueue,
    passed: Passed,
}

/// What a name in the counters is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A site; seen with it: networks of visitors who were not charged.
    Site,
    /// Attempts of a site that were admitted with SHA-256.
    Fallback,
    /// An address on a site.
    Address,
    /// An address with one software on a site: several people share an address
    /// where a carrier or an office translates them.
    Client,
    /// A network on a site; seen with it: addresses.
    Network,
    /// A /56 of IPv6 on a site.
    Subnet,
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

impl Kind {
    /// Whether many people share such a name: only what was solved counts there.
    pub(crate) const fn is_shared(self) -> bool {
        !matches!(self, Self::Address | Self::Client | Self::Network)
    }
}

/// A table for each kind.
#[derive(Debug)]
pub(crate) struct Tables {
    sites: Table<HyperLogLog>,
    fallbacks: Table<()>,
    addresses: Table<()>,
    clients: Table<()>,
    traces: Table<()>,
    networks: Table<LinearCount>,
    subnets: Table<()>,
    blocks: Table<()>,
    systems: Table<HyperLogLog>,
    stacks: Table<HyperLogLog>,
}

impl Tables {
    /// Empty tables.
    pub fn new() -> Self {
        Self {
            sites: Table::new(2_048),
            fallbacks: Table::new(1_024),
            addresses: Table::new(16_384),
            clients: Table::new(16_384),
            traces: Table::new(8_192),
            networks: Table::new(16_384),
            subnets: Table::new(8_192),
            blocks: Table::new(4_096),
            systems: Table::new(2_048),
            stacks: Table::new(4_096),
        }
    }

    /// Counts an attempt that was solved, seen with the network that it came
    /// from. Returns how many events of the name no meter was told.
    pub fn note_solved(
        &mut self,
        (kind, key, share): (Kind, u64, Share),
        payer: Payer,
        network: u64,
        tick: u64,
    ) -> u32 {
        // A site's networks are those of people.
        let seen = Some(network).filter(|_| kind != Kind::Site || payer != Payer::Charged);
        self.change(kind).note(key, share, CounterEvent::Solved(payer), seen, tick)
    }

    /// The table of a kind.
    pub const fn of(&self, kind: Kind) -> &dyn Counts {
        match kind {
            Kind::Site => &self.sites,
            Kind::Fallback => &self.fallbacks,
            Kind::Address => &self.addresses,
            Kind::Client => &self.clients,
            Kind::Trace => &self.traces,
            Kind::Network => &self.networks,
            Kind::Subnet => &self.subnets,
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
            Kind::Address => &mut self.addresses,
            Kind::Client => &mut self.clients,
            Kind::Trace => &mut self.traces,
            Kind::Network => &mut self.networks,
            Kind::Subnet => &mut self.subnets,
            Kind::Block => &mut self.blocks,
            Kind::System => &mut self.systems,
            Kind::Stack => &mut self.stacks,
        }
    }
}

/// Challenges of a network from which each of its addresses is reported to the
/// meter: spread over many processes, none of them is warm anywhere.
const BUSY_NETWORK: u32 = 16;

/// Events that a process remembers, and as many again.
const REMEMBERED: usize = 4_096;

/// After this many half-lives, what remains costs nothing.
const HALF_LIVES: u64 = 16;

impl Counters {
    /// Empty counters. A half-life of 0 is read as one second.
    pub fn new(half_life_seconds: u32) -> Self {
        Self {
            clock: Clock::new(half_life_seconds),
            namer: Namer::default(),
            tables: Tables::new(),
            recent: Recent::new(REMEMBERED),
            reports: ReportQueue::default(),
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
    ) -> CounterKeys {
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
    ) -> CounterKeys {
        let mut place = self.place(authority, sitekey, visit, now);
        place.trace = self.namer.trace(authority, sitekey, signals, now);
        place
    }

    /// The counters of a place, decayed to `now`.
    pub fn pressure(&self, place: &CounterKeys, now: UnixMillis) -> Pressure {
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
        let site = one(Kind::Site, place.site);
        let share = |of: Counted| of.usual.and_then(|usual| usual.share);
        let part = |counted: Counted, anywhere: Option<u16>| Part {
            load: counted.load,
            networks: counted.distinct,
            share: share(counted),
            prior: anywhere,
        };
        let fleet = |counted: Counted, anywhere: Option<u16>| Fleet {
            networks: counted.distinct,
            share: share(counted),
            prior: anywhere,
        };
        let system = place.system.map(|key| one(Kind::System, key)).unwrap_or_default();
        let system_anywhere = place.system_anywhere.and_then(|key| share(one(Kind::System, key)));
        let software = self.software(place, tick);
        let handshake = place.today.handshake.map(|key| one(Kind::Stack, key));
        let handshake_anywhere =
            place.today.anywhere.handshake.and_then(|key| share(one(Kind::Stack, key)));
        let rare = fleet(
            both(Kind::Stack, |names| names.rare),
            share(both(Kind::Stack, |names| names.anywhere.rare)),
        );
        Pressure {
            site: site.load,
            site_networks: site.distinct,
            site_usual: site.usual,
            address: both(Kind::Address, |names| names.address).load,
            client: both(Kind::Client, |names| names.client).load,
            trace: place.trace.map_or(0, |key| one(Kind::Trace, key).load.solved),
            network: crowd(both(Kind::Network, |names| names.network)),
            subnet: place.today.subnet.map(|key| one(Kind::Subnet, key).load).unwrap_or_default(),
            block: part(both(Kind::Block, |names| names.block), None),
            system: part(system, system_anywhere),
            hosting: place.hosting,
            software,
            handshake: fleet(handshake.unwrap_or_default(), handshake_anywhere),
            rare: if is_rare(software, site.usual) { rare } else { Fleet::default() },
            fallbacks: one(Kind::Fallback, place.site).load.solved,
            expected: None,
            passed: self.passed_before(place),
            half_life_seconds: self.clock.half_life_seconds,
        }
    }

    /// A visitor's software by headers.
    fn software(&self, place: &CounterKeys, tick: u64) -> Fleet {
        let counted = |key| self.tables.of(Kind::Stack).counted(key, tick);
        let share = |of: Counted| of.usual.and_then(|usual| usual.share);
        let mut software = Fleet::default();
        for names in [Some(&place.today), place.yesterday.as_ref()].into_iter().flatten() {
            let here = counted(names.software);
            software.networks = here.distinct.max(software.networks);
            software.share = software.share.or(share(here));
            software.prior = software.prior.or(share(counted(names.anywhere.software)));
        }
        software
    }

    /// The counters of a network, found by the pseudonym that a challenge
    /// seals, which is that of the day on which the attempt began.
    pub fn network(&self, visitor: [u8; 8], now: UnixMillis) -> Crowd {
        let key = u64::from_le_bytes(visitor);
        let counted = self.tables.of(Kind::Network).counted(key, self.clock.tick(now));
        Crowd { load: counted.load, members: counted.distinct }
    }

    /// Counts a challenge that was issued: for the visitor and the neighbours
    /// alone.
    pub fn note_issued(&mut self, place: &CounterKeys, now: UnixMillis) {
        self.note_own(place, CounterEvent::Issued, now);
        let Names { address, network, .. } = place.today;
        let name = Name { kind: Kind::Network, key: network, ..Name::of(place) };
        self.count(name, CounterEvent::Issued, Some(address), now);
    }

    /// Counts an attempt that failed: for the visitor alone.
    pub fn note_failed(&mut self, place: &CounterKeys, now: UnixMillis) {
        self.note_own(place, CounterEvent::Failed, now);
    }

    fn note_own(&mut self, place: &CounterKeys, what: CounterEvent, now: UnixMillis) {
        let Names { address, client, network, .. } = place.today;
        let networks = self.tables.of(Kind::Network).counted(network, self.clock.tick(now));
        let busy = networks.load.issued >= BUSY_NETWORK;
        for (kind, key) in [(Kind::Address, address), (Kind::Client, client)] {
            self.count(Name { kind, key, busy, ..Name::of(place) }, what, None, now);
        }
    }

    /// Counts an attempt that was solved, for everything that its visitor shares
    /// with others. `asked_from` is the network that its challenge went to, as it
    /// is sealed: whatever it is posted from, it is one attempt of that network.
    pub fn note_solved(
        &mut self,
        place: &CounterKeys,
        id: &AttemptId,
        asked_from: [u8; 8],
        payer: Payer,
        now: UnixMillis,
    ) {
        self.note_own(place, CounterEvent::Solved(payer), now);
        let network = u64::from_le_bytes(asked_from);
        let event = Event::Solved.of(id);
        let is_rare = self.is_rare(place, now);
        let names = names_here(place, is_rare);
        self.note_once(Solved { event, network, payer, names }, now);
        // What is usual over all sites is what people pay the usual price for.
        if payer != Payer::Charged && place.share != Share::Small {
            let (event, names) = (event ^ PLATFORM, names_anywhere(place, is_rare));
            self.note_once(Solved { event, network, payer, names }, now);
        }
    }

    /// Counts an attempt that was admitted with SHA-256.
    pub fn note_fallback(&mut self, place: &CounterKeys, id: &AttemptId, now: UnixMillis) {
        let names = vec![Name { kind: Kind::Fallback, key: place.site, ..Name::of(place) }];
        let event = Event::Fallback.of(id);
        self.note_once(Solved { event, network: 0, payer: Payer::Newcomer, names }, now);
    }

    fn is_rare(&self, place: &CounterKeys, now: UnixMillis) -> bool {
        let tick = self.clock.tick(now);
        let site = self.tables.of(Kind::Site).counted(place.site, tick);
        is_rare(self.software(place, tick), site.usual)
    }

    fn note_once(&mut self, solved: Solved, now: UnixMillis) {
        let tick = self.clock.tick(now);
        for name in &solved.names {
            let Solved { payer, network, .. } = solved;
            let of = (name.kind, name.key, name.share);
            let fresh = self.tables.note_solved(of, payer, network, tick);
            if name.kind == Kind::Site {
                self.reports.note(*name, fresh);
            }
        }
        self.reports.note_solved(solved);
    }

    fn count(&mut self, name: Name, what: CounterEvent, seen: Option<u64>, now: UnixMillis) {
        let tick = self.clock.tick(now);
        let fresh = self.tables.change(name.kind).note(name.key, name.share, what, seen, tick);
        self.reports.note(name, fresh);
    }

    /// Notes that an address passed: that to which the challenge was issued, by
    /// the name that is sealed in it. Those who were charged do not count.
    pub fn note_passed(&mut self, place: &CounterKeys, address: u32, now: UnixMillis) {
        self.passed.note(place.site, address, now);
    }

    /// Notes that a site is flooded, so that the meter is asked who passed there
    /// before.
    pub fn note_flood(&mut self, place: &CounterKeys, cause: Cause, now: UnixMillis) {
        let half_life = u64::from(self.clock.half_life_seconds) * 1_000;
        self.passed.flooded(place.site, cause, half_life, now);
    }

    /// Whether a place's address is known to have passed before a flood.
    pub fn passed_before(&self, place: &CounterKeys) -> bool {
        [Some(&place.today), place.yesterday.as_ref()]
            .into_iter()
            .flatten()
            .any(|names| self.passed.knows(place.site, short(names.passing())))
    }

    /// Notes that a report failed: the next one waits longer.
    pub const fn report_failed(&mut self, now: UnixMillis) {
        self.reports.failed(now);
    }

    /// Whether something is to be reported to the meter now.
    pub fn report_is_due(&self, now: UnixMillis) -> bool {
        self.reports.is_due(self.passed.is_due(now), now)
    }

    /// What was counted since the last report, for a meter of this many parts.
    pub fn reports(&mut self, parts: u16, now: UnixMillis) -> Vec<Report> {
        self.reports.reports(&mut self.tables, &mut self.passed, parts, &self.clock, now)
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
        for Busy { kind, key, share, total } in &totals.busy {
            self.tables.change(*kind).meet(*key, *share, &total.counted(), tick);
        }
        for regulars in &totals.regulars {
            self.passed.learn(regulars);
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

/// Whether hardly anyone uses a software: by what is usual, and where that is
/// unknown, because no other network of the site has shown it. Before the
/// meter has told anything of the site, nothing is rare: every program is new
/// to a process that has just begun.
fn is_rare(software: Fleet, site: Option<Usual>) -> bool {
    match software.share.or(software.prior) {
        Some(share) => !Usual { share: Some(share), people: None }.is_used(),
        None => site.is_some() && software.networks <= 1,
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
