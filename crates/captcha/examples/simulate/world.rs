//! A day of one mix.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use munjigi_captcha::contract::{FIREFOX, ROOT_A, authority, site_config};
use munjigi_captcha::counters::Noted;
use munjigi_captcha::meter::Ledger;
use munjigi_captcha::policy::{DemandStep, Question, Stage, comes_with_a_flood, decide, score};
use munjigi_captcha::{
    Action, Address, Authority, Counters, Exemption, Hostname, Site, Stack, Visit,
};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, Signals};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::mixes::{Mix, Software};

pub const HOUR: u64 = 3_600_000;
const HALF_LIFE_SECONDS: u32 = 300;

/// Six in the morning, so that a midnight falls into the day.
const BEGIN: UnixMillis = UnixMillis(1_794_981_600_000);

/// The attack begins and ends in these hours.
pub const ATTACKED: std::ops::Range<u64> = 8..20;

/// Expected hashes of HashWX that one core of an attacker computes in a second,
/// and what an hour of it costs in US dollars; as in `docs/figures.toml`.
const HASHES_PER_SECOND: f64 = 1_280_000.0;
const DOLLARS_PER_CORE_HOUR: f64 = 0.02;

/// Shares of people's software in 1,000ths; the last one stands for forty rare
/// ones.
const SOFTWARE: [u32; 12] = [240, 180, 130, 100, 80, 60, 50, 40, 30, 20, 20, 50];

/// Shares of people's systems, likewise. The second is a carrier that shares
/// 1,024 addresses among its customers.
const SYSTEMS: [(u32, u32); 6] =
    [(4_766, 300), (9_644, 100), (4_767, 200), (4_768, 150), (4_769, 150), (64_500, 100)];

/// What a day came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Attempts of the attacker that were asked for work, and the hashes.
    pub attempts: u64,
    /// Expected hashes that they were asked for.
    pub hashes: u64,
    /// Work that each person was asked for, in 100ths of the floor, sorted.
    pub people: Vec<u32>,
    /// People who were asked for a picture, or for the work in place of one.
    pub stepped: u64,
    /// People who were refused.
    pub refused: u64,
    /// For each hour: the mean work of the attacker's attempts, and the 99th
    /// percentile of people's, both in 100ths of the floor.
    pub hours: Vec<(u32, u32)>,
}

impl Outcome {
    /// What 1,000 tokens cost the attacker, in US dollars; 0 without attempts.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn dollars_per_thousand(&self) -> f64 {
        let seconds = self.hashes as f64 / HASHES_PER_SECOND;
        1_000.0 * seconds / 3_600.0 * DOLLARS_PER_CORE_HOUR / self.attempts.max(1) as f64
    }

    /// A percentile of people's work, in 100ths of the floor.
    pub fn percentile(&self, per_thousand: usize) -> u32 {
        percentile(&self.people, per_thousand)
    }
}

fn percentile(sorted: &[u32], per_thousand: usize) -> u32 {
    sorted
        .get((sorted.len() * per_thousand / 1_000).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Person,
    Core,
    Reports,
}

/// A day of one site with its isolates and their meter.
pub struct Day {
    mix: Mix,
    cores: u32,
    rng: ChaCha8Rng,
    authority: Authority,
    site: Site,
    isolates: Vec<Counters>,
    ledger: Ledger,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    number: u64,
    next_attempt: u64,
}

impl Day {
    /// A day of a mix whose attacker has this many cores.
    ///
    /// # Panics
    /// If the site for tests is not well-formed.
    pub fn new(mix: Mix, cores: u32, seed: u64) -> Self {
        let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
        config.expected = usual_week();
        Self {
            mix,
            cores,
            rng: ChaCha8Rng::seed_from_u64(seed),
            authority: authority(ROOT_A),
            site: Site::parse(&config, Exemption::Ignored).expect("a site for tests"),
            isolates: (0..mix.isolates).map(|_| Counters::new(HALF_LIFE_SECONDS)).collect(),
            ledger: Ledger::new(HALF_LIFE_SECONDS),
            events: BinaryHeap::new(),
            number: 0,
            next_attempt: 0,
        }
    }

    /// Lives through all of it.
    pub fn run(self) -> Outcome {
        self.run_until(24 * HOUR)
    }

    /// Lives through its beginning, to this millisecond.
    pub fn run_until(mut self, end: u64) -> Outcome {
        let mut outcome = Outcome::default();
        let mut hours = vec![(Vec::new(), Vec::new()); 24];
        self.plan(0, Event::Person);
        self.plan(0, Event::Reports);
        if self.mix.attack.is_some() {
            for _ in 0..self.cores {
                self.plan(ATTACKED.start * HOUR, Event::Core);
            }
        }
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            let hour = hours.get_mut(usize::try_from(at / HOUR).unwrap_or(usize::MAX));
            let Some((attacker, people)) = hour.filter(|_| at < end) else { break };
            match event {
                Event::Person => {
                    let (address, asn) = self.home();
                    let software = self.peoples_software();
                    let signals = self.person();
                    match self.ask(at, address, asn, software, &signals) {
                        Some((factor, stepped)) => {
                            people.push(factor);
                            outcome.stepped += u64::from(stepped);
                        }
                        None => outcome.refused += 1,
                    }
                    let next = at + self.until_next_person(at);
                    self.plan(next, Event::Person);
                }
                Event::Core => {
                    if let Some((factor, next)) = self.attempt(at, &mut outcome) {
                        attacker.push(factor);
                        self.plan(next, Event::Core);
                    }
                }
                Event::Reports => {
                    self.report(UnixMillis(BEGIN.0 + at));
                    self.plan(at + 500, Event::Reports);
                }
            }
        }
        for (attacker, mut people) in hours {
            people.sort_unstable();
            let sum: u64 = attacker.iter().map(|factor| u64::from(*factor)).sum();
            let mean = sum.checked_div(attacker.len() as u64).unwrap_or_default();
            outcome.hours.push((u32::try_from(mean).unwrap_or(u32::MAX), percentile(&people, 990)));
            outcome.people.append(&mut people);
        }
        outcome.people.sort_unstable();
        outcome
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((at, self.number, event)));
    }

    /// One attempt of a core; the next begins when it is solved, and not before
    /// the attacker wants another token.
    fn attempt(&mut self, at: u64, outcome: &mut Outcome) -> Option<(u32, u64)> {
        let attack = self.mix.attack?;
        if at >= ATTACKED.end * HOUR {
            return None;
        }
        if self.next_attempt > at {
            self.plan(self.next_attempt, Event::Core);
            return None;
        }
        self.next_attempt = at + attack.every_millis;
        let number = u32::try_from(outcome.attempts % 1_000_000_007).unwrap_or_default();
        let (address, asn) = attack.from.place(number);
        let software = match attack.software {
            Software::One => Stack::of_headers("Mozilla/5.0 HappyBrowser/9", &[]),
            Software::LikePeople => self.peoples_software(),
        };
        let signals = if attack.recorded { recorded() } else { self.person() };
        let (factor, _) = self.ask(at, address, asn, software, &signals)?;
        outcome.attempts += 1;
        let hashes = u64::from(factor) * self.site.work.floor * u64::from(self.site.count) / 100;
        outcome.hashes += hashes;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "milliseconds of an attempt"
        )]
        let takes = (hashes as f64 / HASHES_PER_SECOND * 1_000.0) as u64;
        Some((factor, at + takes.max(1)))
    }

    /// What a visit is asked for, in 100ths of the floor, and whether it is for
    /// a picture; `None` if it is refused.
    fn ask(
        &mut self,
        at: u64,
        address: Address,
        asn: u32,
        software: Stack,
        signals: &Signals,
    ) -> Option<(u32, bool)> {
        let now = UnixMillis(BEGIN.0 + at);
        let isolate = usize::try_from(self.below(self.isolates.len() as u64)).ok()?;
        let visit = Visit { address, asn, software, ..FIREFOX };
        let counters = self.isolates.get_mut(isolate)?;
        let place = counters.place_of(&self.authority, &self.site.sitekey, &visit, signals, now);
        let pressure = counters.pressure(&place, now).expecting(self.site.expected(now));
        if comes_with_a_flood(&self.site, &pressure) {
            counters.note_flood(&place, now);
        }
        let demand = decide(&Question {
            site: &self.site,
            hostname: &Hostname::parse("shop.example").ok()?,
            action: &Action::default(),
            visit: &visit,
            signals,
            pressure: &pressure,
            software: place.software_names(),
            algorithm: Algorithm::HashWx,
            stage: Stage::Start,
        });
        let demand = demand.ok()?;
        counters.note(&place, Noted::Issued, now);
        if demand.charged {
            counters.note_charged(&place, now);
        }
        counters.note(&place, Noted::Solved, now);
        let factor = demand.work * 100 / self.site.work.floor;
        Some((
            u32::try_from(factor).unwrap_or(u32::MAX),
            demand.step == DemandStep::Picture || score(&self.site, demand.signs).score <= 40,
        ))
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

    /// A person's address and system.
    fn home(&mut self) -> (Address, u32) {
        let mut share = u32::try_from(self.below(1_000)).unwrap_or_default();
        let mut system = 0;
        for (number, of) in SYSTEMS {
            system = number;
            if share < of {
                break;
            }
            share -= of;
        }
        let [_, _, high, low] = u32::try_from(self.below(8_192)).unwrap_or_default().to_be_bytes();
        if system == 9_644 {
            return (Address::V4([39, 7, high & 3, low]), system);
        }
        let [.., third] = system.to_be_bytes();
        let host = self.below(200).to_be_bytes()[7];
        (Address::V4([110 + (third & 7), high, low, host]), system)
    }

    fn peoples_software(&mut self) -> Stack {
        let mut share = u32::try_from(self.below(1_000)).unwrap_or_default();
        let mut program = 0;
        for of in SOFTWARE {
            if share < of {
                break;
            }
            share -= of;
            program += 1;
        }
        let rare = if program >= 11 { self.below(40) } else { 0 };
        Stack::of_headers(&format!("Mozilla/5.0 Browser/{program} ({rare})"), &[])
    }

    /// What a person's browser reports: nobody takes exactly as long as another.
    fn person(&mut self) -> Signals {
        let focus = 1_000 + u32::try_from(self.below(20_000)).unwrap_or_default();
        let load = focus + u32::try_from(self.below(10_000)).unwrap_or_default();
        Signals { since_load_ms: Some(load), since_focus_ms: Some(focus), ..recorded() }
    }

    /// People come twice as often at noon as on average, and hardly at night:
    /// 43,000 a day.
    fn until_next_person(&mut self, at: u64) -> u64 {
        1 + self.below(2 * mean_between_people((6 + at / HOUR) % 24))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }
}

/// Milliseconds between two people at an hour of the day.
const fn mean_between_people(hour: u64) -> u64 {
    match hour {
        0..6 => 8_000,
        6..10 => 2_500,
        10..16 => 1_100,
        16..22 => 1_500,
        _ => 4_000,
    }
}

/// What the origin would have published for the site after some calm weeks.
fn usual_week() -> Vec<u32> {
    let day = (0..24).map(|hour| u32::try_from(HOUR / mean_between_people(hour)).unwrap_or(0));
    day.collect::<Vec<_>>().repeat(7)
}

/// What one person's browser reported.
fn recorded() -> Signals {
    Signals {
        since_load_ms: Some(6_000),
        since_focus_ms: Some(4_000),
        pointer: Some(2),
        keys: Some(2),
        focus_changes: Some(2),
        ..Signals::default()
    }
}
