//! The policy as a table, and the properties that hold for any input. SHA-256
//! has a table of its own (`fallback`).

mod allocation;
mod decay;
mod fallback;
mod harm;
mod people;
pub(super) mod pressures;
mod rules;

use munjigi_counters::{Crowd, Fleet, Load, Part};
use munjigi_protocol::{Check, PictureKind, Rule, RuleMatch, SiteConfig, Work};
use proptest::prelude::*;

use super::*;
use crate::contract::{FIREFOX, site_config};
use crate::site::Exemption;
use crate::visit::{AgentKind, Country, HttpVersion, TlsVersion};
use DemandStep::{Picture, Puzzle};
use pressures::*;

/// Floor 40,000, ceiling 4,000,000, 16 sub-puzzles.
fn config() -> SiteConfig {
    site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new())
}

/// How the site of a row differs from the defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
enum On {
    Plain,
    WithPictures,
    /// A rule for everybody.
    Rule(Verdict),
    /// For an action, which the client names.
    RuleForAction(Verdict),
    /// For an autonomous system, which the edge sees.
    RuleForSystem(Verdict),
    RuleWithPictures(Verdict),
    Exempt,
}

fn site(on: On) -> Site {
    let mut config = config();
    let rule = |verdict| vec![Rule { when: RuleMatch::default(), verdict }];
    match on {
        On::Plain => {}
        On::WithPictures => config.pictures = vec![PictureKind::Grid],
        On::Rule(verdict) => config.rules = rule(verdict),
        On::RuleForAction(verdict) => {
            config.rules = rule(verdict);
            config.rules[0].when.action = Some("login".into());
        }
        On::RuleForSystem(verdict) => {
            config.rules = rule(verdict);
            config.rules[0].when.asn = Some(64_500);
        }
        On::RuleWithPictures(verdict) => {
            config.rules = rule(verdict);
            config.pictures = vec![PictureKind::Grid];
        }
        On::Exempt => config.exempt = true,
    }
    Site::parse(&config, Exemption::Honoured).unwrap()
}

fn ask(
    site: &Site,
    visit: &Visit,
    signals: &Signals,
    pressure: &Pressure,
) -> Result<Demand, Refused> {
    ask_for(Algorithm::HashWx, site, visit, signals, pressure)
}

fn ask_for(
    algorithm: Algorithm,
    site: &Site,
    visit: &Visit,
    signals: &Signals,
    pressure: &Pressure,
) -> Result<Demand, Refused> {
    decide(&Question {
        site,
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::parse("login").unwrap(),
        visit,
        signals,
        pressure,
        software: [0; 2],
        algorithm,
        stage: Stage::Start,
    })
}

/// What any browser reports that has only just loaded; of a solution for the
/// attempt with the id 0 also that its checks found nothing.
pub(super) const NOTHING: Signals = Signals {
    since_load_ms: None,
    since_focus_ms: None,
    pointer: None,
    keys: None,
    focus_changes: None,
    webdriver: Some(false),
    languages: None,
    touch: None,
    cores: None,
    solve_ms: Some(1_000),
    visible: None,
    agreement: Some((1 << Check::ALL.len()) - 1),
    single: None,
    whole: None,
};

const PERSON: Signals =
    Signals { since_load_ms: Some(8_000), pointer: Some(3), keys: Some(2), ..NOTHING };
const KEYBOARD: Signals =
    Signals { since_load_ms: Some(20_000), pointer: Some(0), focus_changes: Some(3), ..NOTHING };
const DRIVEN: Signals = Signals { webdriver: Some(true), ..NOTHING };
const DRIVEN_PERSON: Signals = Signals { webdriver: Some(true), ..PERSON };
const NO_LANGUAGE: Signals = Signals { languages: Some(0), ..NOTHING };
const AT_ONCE: Signals =
    Signals { since_load_ms: Some(40), pointer: Some(0), keys: Some(0), ..NOTHING };

const CURL: Visit = Visit { agent: AgentKind::Program, http: HttpVersion::One, ..FIREFOX };
const FORGED: Visit = Visit { agent: AgentKind::Contradictory, ..FIREFOX };
const PROXIED: Visit = Visit { http: HttpVersion::One, tls: TlsVersion::OneTwo, ..FIREFOX };
const ANCIENT: Visit = Visit { tls: TlsVersion::Old, ..FIREFOX };
const LOCAL: Visit = Visit {
    http: HttpVersion::Unknown,
    tls: TlsVersion::Unknown,
    country: Country::UNKNOWN,
    asn: 0,
    ..FIREFOX
};

type Row = (&'static str, Visit, Signals, Pressure, On, u64, DemandStep, u8);

#[test]
#[rustfmt::skip]
fn the_policy_reads_as_this_table() {
    use Verdict::{Allow, Harder, Picture as ShowPicture};
    // who, signals, counters, site → work, step, score
    let table: Vec<Row> = vec![
        // Signals.
        ("nothing is known",           FIREFOX, NOTHING,       CALM,                    On::Plain,         40_000, Puzzle, 100),
        ("a person",                   FIREFOX, PERSON,        CALM,                    On::Plain,         40_000, Puzzle, 100),
        ("a person at the keyboard",   FIREFOX, KEYBOARD,      CALM,                    On::Plain,         40_000, Puzzle, 100),
        ("a developer's machine",      LOCAL,   NOTHING,       CALM,                    On::Plain,         40_000, Puzzle, 100),
        ("behind an office proxy",     PROXIED, PERSON,        CALM,                    On::Plain,         40_000, Puzzle,  85),
        ("started at once",            FIREFOX, AT_ONCE,       CALM,                    On::Plain,         40_000, Puzzle,  95),
        ("no language",                FIREFOX, NO_LANGUAGE,   CALM,                    On::Plain,         40_000, Puzzle,  85),
        ("TLS 1.1",                    ANCIENT, NOTHING,       CALM,                    On::Plain,         40_000, Puzzle,  75),
        ("headers of two browsers",    FORGED,  NOTHING,       CALM,                    On::Plain,         80_000, Puzzle,  70),
        ("a driven browser",           FIREFOX, DRIVEN,        CALM,                    On::Plain,         80_000, Puzzle,  50),
        ("driven like a person",       FIREFOX, DRIVEN_PERSON, CALM,                    On::Plain,         80_000, Puzzle,  50),
        ("a program, no pictures",     CURL,    NOTHING,       CALM,                    On::Plain,        320_000, Puzzle,  40),
        ("a program, pictures",        CURL,    NOTHING,       CALM,                    On::WithPictures,  80_000, Picture, 40),
        ("a driven program",           CURL,    DRIVEN,        CALM,                    On::Plain,        320_000, Puzzle,  20),
        // Counters.
        ("a household",                FIREFOX, NOTHING,       address(16, 16, 0),      On::Plain,         40_000, Puzzle, 100),
        ("an office",                  FIREFOX, NOTHING,       address(32, 32, 0),      On::Plain,         80_000, Puzzle, 100),
        ("200 challenges",             FIREFOX, NOTHING,       address(200, 200, 0),    On::Plain,        500_000, Puzzle,  90),
        ("200, and few solved",        FIREFOX, NOTHING,       address(200, 10, 0),     On::Plain,        500_000, Puzzle,  76),
        ("200, half a life later",     FIREFOX, NOTHING,       address(100, 100, 0),    On::Plain,        250_000, Puzzle,  90),
        ("2,000 challenges",           FIREFOX, NOTHING,       address(2_000, 2_000, 0),On::Plain,      4_000_000, Puzzle,  75),
        ("two wrong solutions",        FIREFOX, NOTHING,       address(2, 0, 2),        On::Plain,         45_000, Puzzle, 100),
        ("ten wrong solutions",        FIREFOX, NOTHING,       address(10, 0, 10),      On::Plain,        105_000, Puzzle,  85),
        ("failures alone only double", FIREFOX, NOTHING,       address(0, 0, 9_999),    On::Plain,         80_000, Puzzle,  85),
        ("and an office feels four",   FIREFOX, NOTHING,       address(32, 32, 9_999),  On::Plain,        160_000, Puzzle,  76),
        ("a few alike",               FIREFOX, NOTHING,       Pressure { trace: 4, ..CALM }, On::Plain,   40_000, Puzzle, 100),
        ("a recorded interaction",    FIREFOX, NOTHING,       Pressure { trace: 40, ..CALM }, On::Plain, 400_000, Puzzle,  76),
        ("alike where many come",     FIREFOX, NOTHING,       Pressure { trace: 40, ..flooded(60_000, 1) }, On::Plain, 40_000, Puzzle, 100),
        ("a flood, for one visit",     FIREFOX, NOTHING,       flooded(60_000, 1),      On::Plain,         40_000, Puzzle, 100),
        ("a flood, within the share",  FIREFOX, NOTHING,       flooded(60_000, 4),      On::Plain,         40_000, Puzzle, 100),
        ("a flood, over the share",    FIREFOX, NOTHING,       flooded(60_000, 16),     On::Plain,        160_000, Puzzle, 100),
        ("usual, and no flood",        FIREFOX, NOTHING,       usual(60_000, 20_000),   On::Plain,         40_000, Puzzle, 100),
        ("five times what is usual",   FIREFOX, NOTHING,       usual(60_000, 12_000),   On::Plain,         53_281, Puzzle, 100),
        // Neighbours.
        ("one noisy neighbour",        FIREFOX, NOTHING,       neighbours(1, 1_600, 4), On::Plain,         40_000, Puzzle, 100),
        ("ten quiet neighbours",       FIREFOX, NOTHING,       neighbours(10, 30, 4),   On::Plain,         40_000, Puzzle, 100),
        ("a network that attacks",     FIREFOX, NOTHING,       neighbours(250, 4_000, 1), On::Plain,      160_000, Puzzle, 100),
        ("and its busier address",     FIREFOX, NOTHING,       neighbours(250, 4_000, 16), On::Plain,     640_000, Puzzle, 100),
        ("a block of quiet networks",  FIREFOX, NOTHING,       block(2_048, 2_100, permille(0)), On::Plain, 320_000, Puzzle, 100),
        ("the same beside many",       FIREFOX, NOTHING,       block(2_048, 33_000, permille(0)), On::Plain, 40_000, Puzzle, 100),
        ("a block that is usual",      FIREFOX, NOTHING,       block(2_048, 8_000, permille(200)), On::Plain, 40_000, Puzzle, 100),
        ("a block no one knows",       FIREFOX, NOTHING,       block(8_192, 2_100, None), On::Plain,     160_000, Puzzle, 100),
        ("an IPv6 allocation",         FIREFOX, NOTHING,       block(8_192, 2_100, permille(0)), On::Plain, 640_000, Puzzle, 100),
        ("a block of rented machines", FIREFOX, NOTHING,       rented(block(8_192, 2_100, permille(0))), On::Plain, 1_280_000, Puzzle, 100),
        ("a household's /56",          FIREFOX, NOTHING,       subnet(64),              On::Plain,         40_000, Puzzle, 100),
        ("one that has fresh /64s",    FIREFOX, NOTHING,       subnet(640),             On::Plain,        400_000, Puzzle, 100),
        // Systems.
        ("a system no one knows",      FIREFOX, NOTHING,       system(1_024, 1_024, None), On::Plain,      40_000, Puzzle, 100),
        ("far more of one",            FIREFOX, NOTHING,       system(9_000, 1_024, None), On::Plain,     160_000, Puzzle,  95),
        ("a usual system",             FIREFOX, NOTHING,       system(3_000, 4_000, permille(600)), On::Plain, 40_000, Puzzle, 100),
        ("and all of a sudden",        FIREFOX, NOTHING,       system(90_000, 4_000, permille(600)), On::Plain, 40_000, Puzzle, 100),
        ("one in twenty-five people",  FIREFOX, NOTHING,       system(90_000, 4_000, permille(40)), On::Plain, 100_000, Puzzle, 95),
        ("an unusual system",          FIREFOX, NOTHING,       system(256, 2_000, permille(0)), On::Plain,  80_000, Puzzle,  95),
        ("with few networks",          FIREFOX, NOTHING,       carrier(4_096, 8_192, permille(0)), On::Plain, 320_000, Puzzle, 95),
        ("an IPv6 /32 in an hour",     FIREFOX, NOTHING,       system(7_880, 1_100, permille(0)), On::Plain, 640_000, Puzzle, 95),
        ("rented machines",            FIREFOX, NOTHING,       rented(system(90_000, 90_000, permille(0))), On::Plain, 640_000, Puzzle, 95),
        // Fleets.
        ("a common browser",           FIREFOX, NOTHING,       fleet(900, 2_000, permille(400)), On::Plain, 40_000, Puzzle, 100),
        ("all of a sudden",            FIREFOX, NOTHING,       fleet(90_000, 2_000, permille(400)), On::Plain, 40_000, Puzzle, 100),
        ("three in a hundred people",  FIREFOX, NOTHING,       fleet(90_000, 2_000, permille(30)), On::Plain, 133_281, Puzzle, 95),
        ("a fleet of 1,000 networks",  FIREFOX, NOTHING,       fleet(960, 350, permille(0)), On::Plain,    800_000, Puzzle,  85),
        ("by its handshake",           FIREFOX, NOTHING,       handshake(fleet(960, 350, permille(0))), On::Plain, 800_000, Puzzle, 85),
        ("other software each time",   FIREFOX, NOTHING,       random(fleet(960, 350, permille(0))), On::Plain, 800_000, Puzzle, 85),
        ("on a site's first day",      FIREFOX, NOTHING,       fleet(960, 350, None),   On::Plain,        160_000, Puzzle,  95),
        ("all of a site's first day",  FIREFOX, NOTHING,       fleet(128, 128, None),   On::Plain,         40_000, Puzzle, 100),
        ("never more than this",       FIREFOX, NOTHING,       fleet(900_000, 900_000, permille(0)), On::Plain, 640_000, Puzzle, 85),
        ("beside few people",          FIREFOX, NOTHING,       fleet(900_000, 9_000, permille(0)), On::Plain, 1_280_000, Puzzle, 85),
        // Rules.
        ("allowed, whatever it is",    CURL,    DRIVEN,        address(2_000, 0, 99), On::RuleForSystem(Allow), 40_000, Puzzle, 11),
        ("allowed by its own word",    CURL,    DRIVEN,        CALM,                  On::RuleForAction(Allow), 40_000, Puzzle, 20),
        ("and under pressure",         CURL,    DRIVEN,        address(32, 32, 0),    On::RuleForAction(Allow), 80_000, Puzzle, 20),
        ("everybody is allowed",       CURL,    DRIVEN,        address(32, 32, 0),      On::Rule(Allow),   80_000, Puzzle,  20),
        ("harder",                     FIREFOX, NOTHING,       CALM,                    On::Rule(Harder), 320_000, Puzzle, 100),
        ("harder under pressure",      FIREFOX, NOTHING,       address(32, 32, 0),      On::Rule(Harder), 640_000, Puzzle, 100),
        ("harder for a program",       CURL,    NOTHING,       CALM,                    On::Rule(Harder), 2_560_000, Puzzle, 40),
        ("a picture by rule",          FIREFOX, NOTHING,       CALM, On::RuleWithPictures(ShowPicture),    40_000, Picture, 100),
        ("a picture there is not",     FIREFOX, NOTHING,       CALM, On::Rule(ShowPicture),               320_000, Puzzle, 100),
        // The site.
        ("exempt, for load tests",     CURL,    DRIVEN,        address(2_000, 0, 99),   On::Exempt,        40_000, Puzzle,  11),
    ];
    for (who, visit, signals, pressure, on, work, step, expected) in &table {
        let site = site(*on);
        let demand = ask(&site, visit, signals, pressure).unwrap();
        let found = (demand.work, demand.count, demand.step, score(&site, demand.signs).score);
        assert_eq!(found, (*work, 16, *step, *expected), "{who}");
    }
}

#[test]
fn a_rule_blocks() {
    let blocked = ask(&site(On::Rule(Verdict::Block)), &FIREFOX, &PERSON, &CALM);
    assert_eq!(blocked, Err(Refused::Blocked));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let mut config = config();
    let rule = |when, verdict| Rule { when, verdict };
    config.rules = vec![
        rule(
            RuleMatch { hostname: Some("other.example".into()), ..RuleMatch::default() },
            Verdict::Block,
        ),
        rule(RuleMatch { action: Some("login".into()), ..RuleMatch::default() }, Verdict::Harder),
        rule(RuleMatch { asn: Some(64_500), ..RuleMatch::default() }, Verdict::Block),
    ];
    let site = Site::parse(&config, Exemption::Ignored).unwrap();
    assert_eq!(ask(&site, &FIREFOX, &PERSON, &CALM).unwrap().work, 320_000);
}

#[test]
fn each_condition_of_a_rule_is_held_against_the_visit() {
    let korean = Visit { country: Country::parse("KR"), ..FIREFOX };
    let any = RuleMatch::default();
    for (when, visit, matches) in [
        (RuleMatch { hostname: Some("*.example".into()), ..any.clone() }, korean, false),
        (RuleMatch { hostname: Some("*.shop.example".into()), ..any.clone() }, korean, true),
        (RuleMatch { action: Some("signup".into()), ..any.clone() }, korean, false),
        (RuleMatch { country: Some("KR".into()), ..any.clone() }, korean, true),
        (RuleMatch { country: Some("JP".into()), ..any.clone() }, korean, false),
        (RuleMatch { country: Some("KR".into()), ..any.clone() }, FIREFOX, false),
        (RuleMatch { asn: Some(64_500), ..any.clone() }, korean, true),
        (RuleMatch { asn: Some(64_501), ..any.clone() }, korean, false),
        (RuleMatch { prefix: Some("192.0.0.0/16".into()), ..any.clone() }, korean, true),
        (RuleMatch { prefix: Some("198.51.100.0/24".into()), ..any.clone() }, korean, false),
        (RuleMatch { country: Some("KR".into()), asn: Some(1), ..any.clone() }, korean, false),
    ] {
        let mut config = config();
        config.rules = vec![Rule { when: when.clone(), verdict: Verdict::Block }];
        let Ok(site) = Site::parse(&config, Exemption::Ignored) else {
            // `*.example` is too wide for a pattern.
            assert_eq!(when.hostname.as_deref(), Some("*.example"));
            continue;
        };
        assert_eq!(ask(&site, &visit, &PERSON, &CALM).is_err(), matches, "{when:?}");
    }
}

#[test]
fn the_mode_of_the_widget_changes_nothing() {
    use munjigi_protocol::Mode::{Interactive, Invisible, Managed};
    let ask_in = |mode| {
        let mut site = site(On::Plain);
        site.mode = mode;
        ask(&site, &FIREFOX, &NOTHING, &address(50, 50, 0))
    };
    assert_eq!(ask_in(Managed), ask_in(Interactive));
    assert_eq!(ask_in(Managed), ask_in(Invisible));
}

#[test]
fn two_hundred_challenges_cost_their_address_tenfold_and_others_nothing() {
    let demand = |pressure| ask(&site(On::Plain), &FIREFOX, &PERSON, &pressure).unwrap().work;
    let attacked = Pressure { site: load(200, 200, 0), ..address(200, 200, 0) };
    let other = Pressure { site: load(200, 200, 0), ..address(1, 1, 0) };
    assert!(demand(attacked) >= 10 * demand(CALM));
    assert_eq!(demand(other), demand(CALM));
}

/// What is required of a visit about which only the signals say something.
fn calmly(site: &Site, signals: &Signals, stage: Stage) -> Demand {
    decide(&Question {
        site,
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::default(),
        visit: &FIREFOX,
        signals,
        pressure: &CALM,
        software: [0; 2],
        algorithm: Algorithm::HashWx,
        stage,
    })
    .unwrap()
}

#[test]
fn at_the_solution_more_is_known() {
    let site = site(On::Plain);
    let ask = |signals: Signals, stage| score(&site, calmly(&site, &signals, stage).signs).score;
    let stage =
        |network| Stage::Solution { id: AttemptId([0; 16]), proven: 640_000, puzzles: 0, network };
    let solved = |ms, cores| Signals { solve_ms: Some(ms), cores: Some(cores), ..NOTHING };
    assert_eq!(ask(NOTHING, stage(Network::Same)), 95);
    assert_eq!(ask(NOTHING, stage(Network::Other)), 90);
    // 640,000 hashes are 40 ms of four cores that make 4,000 in each.
    assert_eq!(ask(solved(40, 8), stage(Network::Same)), 95);
    assert_eq!(ask(solved(39, 8), stage(Network::Same)), 71);
    // One core would need 160 ms.
    assert_eq!(ask(solved(159, 1), stage(Network::Same)), 71);
    assert_eq!(ask(solved(160, 1), stage(Network::Same)), 95);
    // Nothing was solved yet when an attempt starts.
    assert_eq!(ask(solved(1, 8), Stage::Start), 100);
}

#[test]
fn another_way_doubles_up_to_a_minute() {
    let site = site(On::Plain);
    let now = munjigi_keys::UnixMillis::from_seconds(1_763_623_800);
    let mut price = Price::default();
    let seconds: Vec<u64> = (0..6)
        .map(|_| {
            let total = another_way(&site, Algorithm::HashWx, price);
            price = price.raised(now);
            total / MEDIAN_PHONE_HASHES_PER_SECOND
        })
        .collect();
    assert_eq!(seconds, [6, 12, 25, 51, 60, 60]);
    // In plain JavaScript, from its 10 s to the same minute.
    let base = another_way(&site, Algorithm::Sha256, Price::default());
    assert_eq!(base, 16 * munjigi_pow::SHA256_WORK);
    assert_eq!(another_way(&site, Algorithm::Sha256, Price::HIGHEST), 6 * base);
}

#[test]
fn a_puzzle_lives_twenty_times_as_long_as_a_slow_phone_needs() {
    for (total, seconds) in
        [(16, 300), (640_000, 300), (1_500_000, 300), (1_600_000, 320), (64_000_000, 12_800)]
    {
        assert_eq!(puzzle_lifetime_seconds(Algorithm::HashWx, total), seconds);
    }
}

fn loads() -> impl Strategy<Value = Load> {
    let number = || prop_oneof![0_u32..100, 0_u32..100_000, any::<u32>()];
    let load = (number(), number(), number(), number(), number());
    load.prop_map(|(issued, solved, charged, regular, failed)| Load {
        issued,
        solved,
        charged,
        regular,
        failed,
    })
}

#[test]
fn no_one_pays_for_another_software_at_the_same_address() {
    let work = |client| {
        let shared = neighbours(250, 9_000, 40);
        let pressure = Pressure { client: load(client, client, 0), ..shared };
        ask(&site(On::Plain), &FIREFOX, &NOTHING, &pressure).unwrap().work / 40_000
    };
    assert_eq!((work(1), work(4), work(40)), (4, 4, 40));
}

proptest! {
    #[test]
    fn demands_stay_within_the_site_and_a_phone(
        site_load in loads(), own in loads(), many in loads(), members: u32, hosting: bool, floor in 1_u64..1_000_000,
        above in 0_u64..1_000_000_000_000, count in 1_u32..=64, fallback: bool, share: Option<u16>,
    ) {
        let mut config = config();
        config.count = count;
        config.work = Work { floor, ceiling: floor + above };
        let Ok(site) = Site::parse(&config, Exemption::Ignored) else {
            // A floor that no phone gets past.
            let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND;
            prop_assert!(floor * u64::from(count) > most);
            return Ok(());
        };
        let demand = decide(&Question {
            site: &site,
            hostname: &Hostname::parse("shop.example").unwrap(),
            action: &Action::default(),
            visit: &CURL,
            signals: &DRIVEN,
            pressure: &Pressure {
                site: site_load,
                address: own,
                client: own,
                network: Crowd { load: many, members },
                subnet: many,
                block: Part { load: many, networks: members, share, prior: None },
                system: Part { load: many, networks: members, share, prior: None },
                software: Fleet { networks: members, share, prior: None },
                rare: Fleet { networks: members, share, prior: None },
                hosting,
                ..CALM
            },
            software: [0; 2],
            algorithm: if fallback { Algorithm::Sha256 } else { Algorithm::HashWx },
            stage: Stage::Start,
        });
        let Ok(demand) = demand else {
            prop_assert!(fallback);
            return Ok(());
        };
        prop_assert!(score(&site, demand.signs).score <= 100);
        if !fallback {
            prop_assert!(demand.work >= floor && demand.work <= floor + above);
            let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND;
            prop_assert!(demand.total() <= most);
        }
    }

    #[test]
    fn failures_cost_an_address_a_factor_of_four_at_most(
        issued in 0_u32..2_000, failed: u32, site_load in 0_u32..100_000, asn in 0_u32..100_000,
    ) {
        let site = site(On::Plain);
        let work = |failed| {
            let pressure = Pressure {
                client: load(issued, issued, 0),
                address: load(issued, issued, failed),
                site: load(site_load, site_load, failed),
                system: Part { networks: asn, ..Part::default() },
                ..CALM
            };
            ask(&site, &FIREFOX, &NOTHING, &pressure).unwrap().work
        };
        prop_assert!(work(failed) <= 4 * work(0) + 4, "{} {}", work(failed), work(0));
    }

    #[test]
    fn more_pressure_never_costs_less(own in loads(), more in 0_u32..1_000) {
        let site = site(On::Plain);
        let busier = Load {
            issued: own.issued.saturating_add(more),
            solved: own.solved.saturating_add(more),
            ..own
        };
        let work = |address| {
            ask(&site, &FIREFOX, &NOTHING, &Pressure { address, ..CALM }).unwrap().work
        };
        // Visitors who solve what they collect are not hoarders: leave those
        // out.
        prop_assume!(own.solved >= own.issued / 4);
        prop_assert!(work(busier) >= work(own));
    }
    #[test]
    fn a_light_user_pays_at_most_four_times_for_neighbours(
        own in 0_u32..=4, issued: u32, failed: u32, addresses: u32,
    ) {
        let network = Crowd { load: load(issued, 0, failed), members: addresses };
        let pressure = Pressure { network, ..address(own, own, 0) };
        let demand = ask(&site(On::Plain), &FIREFOX, &NOTHING, &pressure).unwrap();
        prop_assert!(demand.work <= 4 * 40_000);
        let fallback = ask_for(Algorithm::Sha256, &site(On::Plain), &FIREFOX, &NOTHING, &pressure);
        prop_assert!(fallback.is_ok());
    }
}
