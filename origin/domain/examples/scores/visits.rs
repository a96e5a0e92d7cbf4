//! Visits of one simulated site, of people and of frauds, and what the policy
//! notices about them.

use munjigi_captcha::contract::{FIREFOX, site_config};
use munjigi_captcha::policy::{Network, Question, Stage, decide};
use munjigi_captcha::{
    Action, AgentKind, Exemption, Hostname, HttpVersion, Site, TlsVersion, Visit,
};
use munjigi_counters::{Crowd, Load, Pressure};
use munjigi_protocol::{Algorithm, AttemptId, Check, Outcome, Signals, Signs};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A provider of rented machines, as `hosting.rs` of the policy lists them.
const RENTED: u32 = 24_940;

/// Expected hashes of a puzzle.
const PROVEN: u64 = 640_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Desktop,
    Phone,
    Hurried,
    Keyboard,
    Office,
    Private,
    DefaultBot,
    StealthBot,
    Replayer,
    Farm,
}

impl Kind {
    /// All kinds, with how many of them come a day and who they are.
    pub const ALL: [(Self, u64, &'static str); 10] = [
        (Self::Desktop, 600, "people at a desk"),
        (Self::Phone, 800, "people with a phone, some of whom change networks"),
        (Self::Hurried, 200, "people whose browser fills in the form"),
        (Self::Keyboard, 60, "people without a pointer"),
        (Self::Office, 140, "people behind a proxy that speaks HTTP/1 for them"),
        (Self::Private, 100, "people whose browser tells little, some through rented machines"),
        (Self::DefaultBot, 60, "bots that say so, or are seen to be"),
        (Self::StealthBot, 80, "bots that show only weak signs, half on rented machines"),
        (Self::Replayer, 40, "bots that repeat a recorded interaction"),
        (Self::Farm, 40, "farms of people that solve for others"),
    ];

    /// What it is in truth.
    pub const fn truth(self) -> Outcome {
        match self {
            Self::Desktop
            | Self::Phone
            | Self::Hurried
            | Self::Keyboard
            | Self::Office
            | Self::Private => Outcome::Legitimate,
            Self::DefaultBot | Self::StealthBot | Self::Replayer | Self::Farm => {
                Outcome::Fraudulent
            }
        }
    }
}

/// A visit whose token was redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeemed {
    pub kind: Kind,
    pub signs: Signs,
    /// When, in milliseconds since the fortnight began.
    pub at: u64,
}

/// Chances in hundredths and numbers, from a seed.
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    pub fn of(&mut self, hundredths: u64) -> bool {
        self.below(100) < hundredths
    }

    /// Whether something of this chance, 0 to 1, happens.
    pub fn of_one(&mut self, chance: f64) -> bool {
        let drawn = u32::try_from(self.0.next_u64() >> 32).unwrap_or_default();
        f64::from(drawn) < chance * f64::from(u32::MAX)
    }

    fn millis(&mut self, least: u32, more: u64) -> u32 {
        least.saturating_add(u32::try_from(self.below(more)).unwrap_or_default())
    }

    /// A number from 0 to 3 as the widget reports it.
    fn level(&mut self, of: [u64; 4]) -> u8 {
        let mut share = self.below(100);
        for (level, hundredths) in (0..).zip(of) {
            if share < hundredths {
                return level;
            }
            share -= hundredths;
        }
        3
    }
}

/// What the edge sees and hears of a visit.
struct Seen {
    visit: Visit,
    signals: Signals,
    pressure: Pressure,
    network: Network,
}

/// All visits of a day, in the order of their time.
///
/// # Panics
/// If the site for tests is not well-formed.
pub fn day(number: u64, chance: &mut Chance) -> Vec<Redeemed> {
    let config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    let site = Site::parse(&config, Exemption::Ignored).expect("the site for tests is well-formed");
    let mut visits = Vec::new();
    for (kind, daily, _) in Kind::ALL {
        for _ in 0..daily {
            let signs = noticed(&site, &seen(kind, chance));
            let at = number * super::DAY + chance.below(super::DAY);
            visits.extend(signs.map(|signs| Redeemed { kind, signs, at }));
        }
    }
    visits.sort_by_key(|visit| (visit.at, visit.kind));
    visits
}

/// What the policy notices at the solution; `None` if it refuses the visit.
fn noticed(site: &Site, seen: &Seen) -> Option<Signs> {
    let demand = decide(&Question {
        site,
        hostname: &Hostname::parse("shop.example").ok()?,
        action: &Action::default(),
        visit: &seen.visit,
        signals: &seen.signals,
        pressure: &seen.pressure,
        software: [0; 2],
        algorithm: Algorithm::HashWx,
        stage: Stage::Solution {
            id: AttemptId([0; 16]),
            proven: PROVEN,
            puzzles: 0,
            network: seen.network,
        },
    });
    demand.ok().map(|demand| demand.signs)
}

/// A visit that raises no suspicion.
fn plain(chance: &mut Chance) -> Seen {
    let focus = chance.millis(900, 15_000);
    Seen {
        visit: FIREFOX,
        signals: Signals {
            since_load_ms: Some(focus.saturating_add(500)),
            since_focus_ms: Some(focus),
            pointer: Some(chance.level([2, 13, 50, 35])),
            keys: Some(chance.level([5, 15, 50, 30])),
            focus_changes: Some(chance.level([0, 30, 50, 20])),
            webdriver: Some(false),
            languages: Some(2),
            touch: Some(false),
            solve_ms: Some(chance.millis(400, 2_500)),
            visible: Some(true),
            agreement: Some(made()),
            ..Signals::default()
        },
        pressure: Pressure {
            address: load(1 + chance.below(3)),
            half_life_seconds: 300,
            ..Pressure::default()
        },
        network: Network::Same,
    }
}

/// All checks of the browser were made.
const fn made() -> u32 {
    (1 << Check::ALL.len()) - 1
}

fn load(issued: u64) -> Load {
    let issued = u32::try_from(issued).unwrap_or(u32::MAX);
    Load { issued, solved: issued, ..Load::NONE }
}

fn seen(kind: Kind, chance: &mut Chance) -> Seen {
    let mut seen = plain(chance);
    let Seen { visit, signals, pressure, network } = &mut seen;
    pressure.passed = chance.of(40);
    match kind {
        Kind::Desktop => {
            if chance.of(15) {
                signals.since_load_ms = Some(chance.millis(61_000, 200_000));
            }
        }
        Kind::Phone => {
            signals.touch = Some(true);
            signals.pointer = Some(chance.level([20, 50, 25, 5]));
            signals.keys = Some(chance.level([25, 30, 35, 10]));
            signals.cores = Some(4);
            signals.solve_ms = Some(chance.millis(1_500, 8_000));
            if chance.of(8) {
                *network = Network::Other;
            }
            if chance.of(20) {
                pressure.network = Crowd { load: load(150), members: 120 };
            }
        }
        Kind::Hurried => {
            signals.since_load_ms = Some(chance.millis(800, 4_000));
            signals.since_focus_ms = Some(chance.millis(200, 1_500));
            signals.keys = Some(chance.level([80, 20, 0, 0]));
            signals.focus_changes = Some(1);
        }
        Kind::Keyboard => signals.pointer = Some(0),
        Kind::Office => {
            visit.http = HttpVersion::One;
            if chance.of(50) {
                visit.tls = TlsVersion::OneTwo;
            }
            pressure.address = load(chance.below(60));
        }
        Kind::Private => {
            *signals = Signals {
                languages: Some(1),
                webdriver: Some(false),
                solve_ms: signals.solve_ms,
                agreement: Some(if chance.of(20) { differing() } else { made() }),
                ..Signals::default()
            };
            pressure.passed = chance.of(10);
            if chance.of(30) {
                rent(visit, pressure);
            }
        }
        Kind::DefaultBot => {
            pressure.passed = chance.of(15);
            signals.webdriver = Some(chance.of(60));
            signals.agreement = Some(made() | bit(Check::Webdriver, chance.of(60)));
            signals.languages = Some(u8::from(chance.of(50)));
            untouched(signals, chance);
            if chance.of(30) {
                visit.agent = AgentKind::Program;
            }
            if chance.of(60) {
                rent(visit, pressure);
            }
        }
        Kind::StealthBot => {
            pressure.passed = chance.of(15);
            signals.keys = Some(chance.level([45, 20, 25, 10]));
            signals.pointer = Some(chance.level([5, 15, 40, 40]));
            signals.since_load_ms = Some(chance.millis(1_500, 9_000));
            pressure.address = load(1 + chance.below(40));
            if chance.of(50) {
                rent(visit, pressure);
            }
        }
        Kind::Replayer => {
            pressure.passed = chance.of(15);
            pressure.trace = u32::try_from(chance.below(60)).unwrap_or_default();
            signals.pointer = Some(2);
            signals.keys = Some(2);
        }
        Kind::Farm => {
            pressure.passed = chance.of(10);
            signals.since_load_ms = Some(chance.millis(30_000, 90_000));
            signals.solve_ms = Some(chance.millis(5_000, 15_000));
            if chance.of(70) {
                *network = Network::Other;
            }
        }
    }
    // No two visitors share an address here.
    pressure.client = pressure.address;
    seen
}

fn untouched(signals: &mut Signals, chance: &mut Chance) {
    signals.pointer = Some(0);
    signals.keys = Some(0);
    signals.focus_changes = Some(0);
    signals.since_focus_ms = None;
    signals.since_load_ms = Some(chance.millis(300, 2_500));
}

fn rent(visit: &mut Visit, pressure: &mut Pressure) {
    visit.asn = RENTED;
    pressure.hosting = true;
}

/// The bits of a check that found something.
fn bit(check: Check, found: impl Into<u32>) -> u32 {
    found.into() << (12 + check as u32)
}

fn differing() -> u32 {
    made() | bit(Check::Languages, 1_u32)
}
