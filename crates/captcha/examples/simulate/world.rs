//! A day of one mix.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use munjigi_captcha::contract::{FIREFOX, ROOT_A, answering, authority};
use munjigi_captcha::naming::{counter_keys, counter_keys_at_start};
use munjigi_captcha::policy::{Demand, DemandStep, Network, Stage, decide, requires_more, spread};
use munjigi_captcha::{Address, Authority, Software, Visit};
use munjigi_counters::meter::Ledger;
use munjigi_counters::{CounterKeys, Counters, Payer};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, AttemptId, Signals};

use crate::mixes::{Attack, AttackSoftware, DECOYS, Mix, Pauses, Solves};
use crate::outcome::{Outcome, percentile};
use crate::people::{People, browser, recorded, usual_week};
use crate::shop::Shop;

pub const HOUR: u64 = 3_600_000;
const HALF_LIFE_SECONDS: u32 = 300;

/// Six in the morning, so that a midnight falls into the day.
const BEGIN: UnixMillis = UnixMillis(1_794_981_600_000);

/// The attack begins and ends in these hours.
pub const ATTACKED: std::ops::Range<u64> = 8..20;

/// Expected hashes of HashWX that one core of an attacker computes in a second,
/// and what an hour of it costs in US dollars.
pub const HASHES_PER_SECOND: f64 = 1_280_000.0;
pub const DOLLARS_PER_CORE_HOUR: f64 = 0.02;

/// Expected hashes in a second on a person's device, which solves one challenge
/// at a time.
const PERSONS_HASHES_PER_SECOND: u64 = 600_000;

/// Challenges a minute of one address, and of one client of it, that the edge
/// answers; as in `wrangler.toml`.
const ADDRESS_LIMIT: u32 = 1_200;
const CLIENT_LIMIT: u32 = 600;

/// Expected hashes of a puzzle at the floor.
pub const FLOOR: u64 = 640_000;

/// The browser whose users the page tells of: three in a hundred people.
pub const VICTIMS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Person,
    Core,
    /// An address of the attacker passes once before the attack.
    Prime(u32),
    Decoy,
    /// The attempt with this number posts a solution.
    Solution(usize),
    Reports,
}

/// Who makes an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Person {
        victim: bool,
    },
    Attacker,
    /// The attacker, before the attack.
    Primer,
}

/// An attempt that has a challenge.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    who: Who,
    visit: Visit,
    signals: Signals,
    /// How it began, as the challenge seals it.
    began: (u32, [u8; 8], Option<u64>),
    asked: u64,
    paid: u64,
    puzzles: u8,
    /// Expected hashes of the puzzle that is being solved.
    puzzle: u64,
}

impl Attempt {
    /// Milliseconds that the puzzle takes.
    fn takes(&self) -> u64 {
        let rate = match self.who {
            Who::Person { .. } => PERSONS_HASHES_PER_SECOND,
            Who::Attacker | Who::Primer => 1_280_000,
        };
        (self.puzzle * 1_000 / rate).max(1)
    }
}

/// A day of one site with its isolates and their meter.
pub struct Day {
    mix: Mix,
    decoys: bool,
    cores: u32,
    people: People,
    authority: Authority,
    shop: Shop,
    isolates: Vec<Counters>,
    ledger: Ledger,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    attempts: Vec<Attempt>,
    free: Vec<usize>,
    number: u64,
    next_attempt: u64,
    tries: u32,
    decoy: u32,
    /// Requests of addresses and clients in a minute.
    limits: HashMap<(Vec<u8>, u64), u32>,
    minute: u64,
    outcome: Outcome,
    hours: Vec<(Vec<u32>, Vec<u32>)>,
}

impl Day {
    /// A day of a mix whose attacker has this many cores, and whether it is
    /// accompanied by networks that solve nothing.
    pub fn new(mix: Mix, decoys: bool, cores: u32, seed: u64) -> Self {
        let week = if mix.is_new { Vec::new() } else { usual_week() };
        Self {
            mix,
            decoys,
            cores,
            people: People::new(seed),
            authority: authority(ROOT_A),
            shop: Shop::expecting(week),
            isolates: (0..mix.isolates).map(|_| Counters::new(HALF_LIFE_SECONDS)).collect(),
            ledger: Ledger::new(HALF_LIFE_SECONDS),
            events: BinaryHeap::new(),
            attempts: Vec::new(),
            free: Vec::new(),
            number: 0,
            next_attempt: 0,
            tries: 0,
            decoy: 0,
            limits: HashMap::new(),
            minute: 0,
            outcome: Outcome::default(),
            hours: vec![(Vec::new(), Vec::new()); 24],
        }
    }

    /// Lives through all of it.
    pub fn run(self) -> Outcome {
        self.run_until(24 * HOUR)
    }

    /// Lives through its beginning, to this millisecond.
    pub fn run_until(mut self, end: u64) -> Outcome {
        let begins = ATTACKED.start * HOUR;
        self.plan(if self.mix.is_new { begins } else { 0 }, Event::Person);
        self.plan(0, Event::Reports);
        if let Some(attack) = self.mix.attack {
            for _ in 0..self.cores {
                self.plan(begins, Event::Core);
            }
            if attack.pauses == Pauses::Primed {
                for number in 0..4_000 {
                    self.plan(HOUR + u64::from(number) * 5_750, Event::Prime(number));
                }
            }
            if self.decoys {
                self.plan(begins, Event::Decoy);
            }
        }
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            if at >= end {
                break;
            }
            match event {
                Event::Person => self.person_comes(at),
                Event::Core => self.core_is_free(at),
                Event::Prime(number) => {
                    if let Some(attack) = self.mix.attack {
                        self.begin_attack(at, &attack, number, Who::Primer);
                    }
                }
                Event::Decoy => self.decoy_comes(at),
                Event::Solution(number) => self.post(at, number),
                Event::Reports => {
                    self.report(UnixMillis(BEGIN.0 + at));
                    self.plan(at + 500, Event::Reports);
                }
            }
        }
        let Self { mut outcome, hours, .. } = self;
        for (attacker, mut people) in hours {
            people.sort_unstable();
            let sum: u64 = attacker.iter().map(|factor| u64::from(*factor)).sum();
            let mean = sum.checked_div(attacker.len() as u64).unwrap_or_default();
            outcome.hours.push((u32::try_from(mean).unwrap_or(u32::MAX), percentile(&people, 990)));
            outcome.people.append(&mut people);
        }
        outcome.people.sort_unstable();
        outcome.victims.sort_unstable();
        outcome
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((at, self.number, event)));
    }

    fn person_comes(&mut self, at: u64) {
        let (address, asn) = self.people.home();
        let (software, program) = self.people.software();
        let signals = self.people.signals();
        let visit = Visit { address, asn, software, ..FIREFOX };
        self.begin(at, visit, &signals, Who::Person { victim: program == VICTIMS });
        let next = at + self.people.until_next(at);
        self.plan(next, Event::Person);
    }

    /// The next attempt of a core begins when the last one is done, and not
    /// before the attacker wants another token.
    fn core_is_free(&mut self, at: u64) {
        let Some(attack) = self.mix.attack else { return };
        if at >= ATTACKED.end * HOUR {
            return;
        }
        let pause = 300_000;
        if attack.pauses == Pauses::Gaps && at / pause % 2 == 1 {
            self.plan((at / pause + 1) * pause, Event::Core);
            return;
        }
        if self.next_attempt > at {
            self.plan(self.next_attempt, Event::Core);
            return;
        }
        self.next_attempt = at + attack.every_millis;
        self.tries = self.tries.wrapping_add(1);
        let begun = self.begin_attack(at, &attack, self.tries, Who::Attacker);
        if !begun || attack.solves == Solves::None {
            self.plan(at + attack.every_millis, Event::Core);
        }
    }

    fn decoy_comes(&mut self, at: u64) {
        if at < ATTACKED.end * HOUR {
            self.decoy = self.decoy.wrapping_add(1);
            self.begin_attack(at, &DECOYS, self.decoy, Who::Attacker);
            self.plan(at + DECOYS.every_millis, Event::Decoy);
        }
    }

    fn begin_attack(&mut self, at: u64, attack: &Attack, number: u32, who: Who) -> bool {
        let (address, asn) = attack.from.place(number);
        let software = match attack.software {
            AttackSoftware::One => Software::of_headers("Mozilla/5.0 HappyBrowser/9", &[]),
            AttackSoftware::Browser(program) => browser(program, 0),
            AttackSoftware::Random => Software::of_headers("Mozilla/5.0", &[&number.to_string()]),
            AttackSoftware::LikePeople => self.people.software().0,
        };
        let signals = if attack.recorded { recorded() } else { self.people.signals() };
        let visit = Visit { address, asn, software, ..FIREFOX };
        let solves = attack.solves == Solves::All;
        match self.ask(at, &visit, &signals) {
            Some(_) if !solves => true,
            Some((demand, place)) => {
                self.solve_first(at, visit, &signals, who, &demand, &place);
                true
            }
            None => false,
        }
    }

    fn begin(&mut self, at: u64, visit: Visit, signals: &Signals, who: Who) {
        match self.ask(at, &visit, signals) {
            Some((demand, place)) => self.solve_first(at, visit, signals, who, &demand, &place),
            None => self.outcome.refused += u64::from(matches!(who, Who::Person { .. })),
        }
    }

    fn solve_first(
        &mut self,
        at: u64,
        visit: Visit,
        signals: &Signals,
        who: Who,
        demand: &Demand,
        place: &CounterKeys,
    ) {
        let attempt = Attempt {
            who,
            visit,
            signals: *signals,
            began: (place.address(), place.visitor(), place.trace()),
            asked: demand.total(),
            paid: 0,
            puzzles: 0,
            puzzle: demand.total(),
        };
        self.solve(at, attempt);
    }

    /// Works on a puzzle, and posts when it is done.
    fn solve(&mut self, at: u64, attempt: Attempt) {
        let takes = attempt.takes();
        let number = if let Some(number) = self.free.pop() {
            if let Some(slot) = self.attempts.get_mut(number) {
                *slot = attempt;
            }
            number
        } else {
            self.attempts.push(attempt);
            self.attempts.len() - 1
        };
        self.plan(at + takes, Event::Solution(number));
    }

    /// The second decision.
    fn post(&mut self, at: u64, number: usize) {
        let Some(mut attempt) = self.attempts.get(number).copied() else { return };
        self.free.push(number);
        let now = UnixMillis(BEGIN.0 + at);
        let isolate = self.people.below(self.isolates.len() as u64);
        let Some(counters) = usize::try_from(isolate).ok().and_then(|i| self.isolates.get_mut(i))
        else {
            return;
        };
        let (address, visitor, trace) = attempt.began;
        let place =
            counter_keys(counters, &self.authority, &self.shop.site.sitekey, &attempt.visit, now);
        let place = place.began_with(trace);
        let pressure = self.shop.pressure(counters, &place, now).without_own();
        let stage = Stage::Solution {
            id: AttemptId([0; 16]),
            proven: attempt.puzzle,
            puzzles: attempt.puzzles,
            network: Network::Same,
        };
        let Attempt { visit, signals, .. } = &attempt;
        // Everybody's browser is in order, or forged as if it were.
        let solve_ms = u32::try_from(attempt.takes()).ok();
        let signals = Signals { solve_ms, ..answering(AttemptId([0; 16]), *signals) };
        let question = self.shop.question(visit, &signals, &pressure, &place, stage);
        let Ok(demand) = decide(&question) else { return };
        attempt.paid += attempt.puzzle;
        attempt.puzzles += 1;
        attempt.asked = attempt.asked.max(demand.total());
        if demand.step == DemandStep::Picture {
            self.outcome.stepped += u64::from(matches!(attempt.who, Who::Person { .. }));
            attempt.asked = attempt.asked.max(demand.instead_of_picture);
        }
        if requires_more(attempt.asked, attempt.paid, attempt.puzzles) {
            let more = attempt.asked - attempt.paid;
            let work = spread(&self.shop.site, Algorithm::HashWx, more);
            attempt.puzzle = work * u64::from(self.shop.site.count);
            self.solve(at, attempt);
            return;
        }
        let [low, high] = [self.number, 0].map(u64::to_le_bytes);
        let id = AttemptId([low, high].concat().try_into().unwrap_or_default());
        counters.note_solved(&place, &id, visitor, demand.payer, now);
        if demand.payer != Payer::Charged {
            counters.note_passed(&place, address, now);
        }
        self.passed(at, &attempt);
    }

    fn passed(&mut self, at: u64, attempt: &Attempt) {
        let factor = u32::try_from(attempt.paid * 100 / FLOOR).unwrap_or(u32::MAX);
        let hour = usize::try_from(at / HOUR).unwrap_or(usize::MAX);
        let Some((attacker, people)) = self.hours.get_mut(hour) else { return };
        match attempt.who {
            Who::Person { victim } => {
                people.push(factor);
                if victim && ATTACKED.contains(&(at / HOUR)) {
                    self.outcome.victims.push(factor);
                }
            }
            Who::Attacker => {
                attacker.push(factor);
                self.outcome.attempts += 1;
                self.outcome.hashes += attempt.paid;
                self.plan(at, Event::Core);
            }
            Who::Primer => {}
        }
    }

    /// The first decision and where it was made; `None` if it is a refusal.
    fn ask(&mut self, at: u64, visit: &Visit, signals: &Signals) -> Option<(Demand, CounterKeys)> {
        if !self.admits(at, visit) {
            return None;
        }
        let now = UnixMillis(BEGIN.0 + at);
        let isolate = usize::try_from(self.people.below(self.isolates.len() as u64)).ok()?;
        let counters = self.isolates.get_mut(isolate)?;
        let place = counter_keys_at_start(
            counters,
            &self.authority,
            &self.shop.site.sitekey,
            visit,
            signals,
            now,
        );
        let pressure = self.shop.pressure(counters, &place, now);
        let question = self.shop.question(visit, signals, &pressure, &place, Stage::Start);
        let demand = decide(&question).ok()?;
        counters.note_issued(&place, now);
        Some((demand, place))
    }

    /// Whether the rate limits let a request through.
    fn admits(&mut self, at: u64, visit: &Visit) -> bool {
        if at / 60_000 != self.minute {
            self.minute = at / 60_000;
            self.limits.clear();
        }
        let address = match visit.address {
            Address::V4(bytes) => bytes.to_vec(),
            Address::V6(bytes) => bytes.to_vec(),
        };
        let software = format!("{:?}", visit.software);
        let client = software
            .bytes()
            .fold(1, |sum: u64, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
        for (key, limit) in
            [((address.clone(), client), CLIENT_LIMIT), ((address, 0), ADDRESS_LIMIT)]
        {
            let count = self.limits.entry(key).or_default();
            *count += 1;
            if *count > limit {
                return false;
            }
        }
        true
    }

    fn report(&mut self, now: UnixMillis) {
        for isolate in &mut self.isolates {
            if isolate.report_is_due(now) {
                for report in isolate.reports(1, now) {
                    let totals = self.ledger.add(&report, now);
                    isolate.learn(&report, &totals, now);
                }
            }
        }
    }
}
