//! The counters of one process.

use munjigi_keys::{Kid, UnixMillis};
use munjigi_protocol::AttemptId;
use siphasher::sip::SipHasher13;

use super::keys::{DayKeys, Names, PLATFORM, short};
use super::name::{Name, names_anywhere, names_here};
use super::passed::Passed;
use super::report_queue::{ReportQueue, Solved};
use super::{
    Busy, Cause, Clock, Counted, CounterEvent, CounterKeys, Crowd, Event, Fleet, Kind, Part, Payer,
    Pressure, Recent, Report, Share, Tables, Totals, Usual,
};

/// Counters of one process. They stay below seven megabytes under any load.
#[derive(Debug)]
pub struct Counters {
    clock: Clock,
    day_keys: DayKeys,
    tables: Tables,
    recent: Recent,
    reports: ReportQueue,
    passed: Passed,
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
            day_keys: DayKeys::default(),
            tables: Tables::new(),
            recent: Recent::new(REMEMBERED),
            reports: ReportQueue::default(),
            passed: Passed::default(),
        }
    }

    /// How long it matters what was counted, in milliseconds.
    pub fn matters_millis(&self) -> u64 {
        HALF_LIVES * u64::from(self.clock.half_life_seconds) * 1_000
    }

    /// What hashes the names of a day, by a key that is derived once for the day
    /// and the root key.
    pub fn names_of_day(
        &mut self,
        root: Kid,
        at: UnixMillis,
        derive: impl FnOnce() -> [u8; 16],
    ) -> SipHasher13 {
        self.day_keys.hasher(root, at.days(), derive)
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
        let handshake = place.today.handshake.map(|key| one(Kind::Software, key));
        let handshake_anywhere =
            place.today.anywhere.handshake.and_then(|key| share(one(Kind::Software, key)));
        let rare = fleet(
            both(Kind::Software, |names| names.rare),
            share(both(Kind::Software, |names| names.anywhere.rare)),
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
        let counted = |key| self.tables.of(Kind::Software).counted(key, tick);
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

#[cfg(test)]
mod tests;
