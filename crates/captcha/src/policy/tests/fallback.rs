//! The price of SHA-256 as a table.

use super::*;

/// What SHA-256 costs: a multiple of its usual work, or when to retry.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sha256 {
    Costs(u64),
    Network(u32),
    Site(u32),
}

type FallbackRow = (&'static str, Visit, Signals, Pressure, On, Sha256);

#[test]
#[rustfmt::skip]
fn the_fallback_without_webassembly_is_never_cheaper() {
    use Sha256::{Costs, Network, Site};
    use Verdict::{Allow, Harder, Picture as ShowPicture};
    // who, signals, counters, site → SHA-256
    let table: &[FallbackRow] = &[
        ("nothing is known",          FIREFOX, NOTHING, CALM,                     On::Plain,         Costs(1)),
        ("an office",                 FIREFOX, NOTHING, address(32, 32, 0),       On::Plain,         Costs(2)),
        ("as much as it can express", FIREFOX, NOTHING, address(96, 96, 0),       On::Plain,         Costs(6)),
        ("a little more",             FIREFOX, NOTHING, address(97, 97, 0),       On::Plain,         Network(30)),
        ("twice as much",             FIREFOX, NOTHING, address(192, 192, 0),     On::Plain,         Network(300)),
        ("200 challenges",            FIREFOX, NOTHING, address(200, 200, 0),     On::Plain,         Network(330)),
        ("2,000 challenges",          FIREFOX, NOTHING, address(2_000, 2_000, 0), On::Plain,         Network(600)),
        ("a flood, within the share", FIREFOX, NOTHING, flooded(60_000, 4),       On::Plain,         Costs(1)),
        ("a flood, over the share",   FIREFOX, NOTHING, flooded(60_000, 32),      On::Plain,         Network(150)),
        ("a system under attack",     FIREFOX, NOTHING, system(4_096, 0, None),   On::Plain,         Costs(4)),
        ("neighbours who attack",     FIREFOX, NOTHING, neighbours(250, 9_999, 4), On::Plain,        Costs(4)),
        ("and in doubt",              FORGED,  NOTHING, neighbours(250, 9_999, 4), On::Plain,        Costs(6)),
        ("a fleet",                   FIREFOX, NOTHING, fleet(1_024, 1_300, Some(0)), On::Plain,     Network(600)),
        ("a system, in doubt",              FORGED,  NOTHING, system(6_144, 0, None),   On::Plain,         Network(600)),
        ("in doubt",                  FORGED,  NOTHING, CALM,                     On::Plain,         Costs(2)),
        ("in doubt, under pressure",  FORGED,  NOTHING, address(64, 64, 0),       On::Plain,         Network(150)),
        ("a program",                 CURL,    NOTHING, CALM,                     On::Plain,         Network(600)),
        ("a program, pictures",       CURL,    NOTHING, CALM,                     On::WithPictures,  Network(600)),
        ("harder",                    FIREFOX, NOTHING, CALM,                     On::Rule(Harder),  Network(600)),
        ("a picture by rule",         FIREFOX, NOTHING, CALM, On::RuleWithPictures(ShowPicture),     Network(600)),
        ("allowed by its own word",   CURL,    NOTHING, address(32, 32, 0), On::RuleForAction(Allow), Costs(2)),
        ("too much for its own word", CURL,    NOTHING, address(97, 97, 0), On::RuleForAction(Allow), Network(30)),
        ("allowed, whatever it is",   CURL,    NOTHING, address(999, 9, 9), On::RuleForSystem(Allow), Costs(1)),
        ("some came before",          FIREFOX, NOTHING, fallbacks(63),            On::Plain,         Costs(1)),
        ("many came before",          FIREFOX, NOTHING, fallbacks(64),            On::Plain,         Site(30)),
        ("on a site with many visits", FIREFOX, NOTHING, Pressure { fallbacks: 99, ..usual(9_999, 10_000) }, On::Plain, Costs(1)),
        ("and more than usual",       FIREFOX, NOTHING, Pressure { fallbacks: 100, ..usual(9_999, 10_000) }, On::Plain, Site(30)),
        ("very many came before",     FIREFOX, NOTHING, fallbacks(128),           On::Plain,         Site(330)),
        ("allowed, after many",       FIREFOX, NOTHING, fallbacks(999),     On::RuleForSystem(Allow), Costs(1)),
        ("exempt, for load tests",    CURL,    DRIVEN,  address(999, 9, 9),       On::Exempt,        Costs(1)),
    ];
    for (who, visit, signals, pressure, on, expected) in table {
        let found = match ask_for(Algorithm::Sha256, &site(*on), visit, signals, pressure) {
            Ok(demand) if *on == On::Exempt => Costs(demand.work / 40_000),
            Ok(demand) => Costs(demand.work / munjigi_pow::SHA256_WORK),
            Err(Refused::Network { seconds }) => Network(seconds),
            Err(Refused::Site { seconds }) => Site(seconds),
            Err(Refused::Blocked) => panic!("{who}"),
        };
        assert_eq!(found, *expected, "{who}");
        // With WebAssembly no one is turned away.
        assert!(ask(&site(*on), visit, signals, pressure).is_ok(), "{who}");
    }
}

#[test]
fn an_admitted_visitor_is_not_turned_away_because_of_later_ones() {
    let site = site(On::Plain);
    let ask = |puzzles, pressure| {
        decide(&Question {
            site: &site,
            hostname: &Hostname::parse("shop.example").unwrap(),
            action: &Action::default(),
            visit: &FIREFOX,
            signals: &NOTHING,
            pressure: &pressure,
            software: [0; 2],
            algorithm: Algorithm::Sha256,
            stage: Stage::Solution {
                id: AttemptId([0; 16]),
                proven: 1,
                puzzles,
                network: Network::Same,
            },
        })
    };
    assert_eq!(ask(0, fallbacks(64)), Err(Refused::Site { seconds: 30 }));
    assert!(ask(1, fallbacks(64)).is_ok());
    assert!(ask(1, address(97, 97, 0)).is_err());
}

#[test]
fn the_price_of_sha256_ends_where_it_cannot_rise() {
    let now = munjigi_keys::UnixMillis::from_seconds(1_763_623_800);
    let uses = |uses: u32| (0..uses).fold(Price::default(), |price, _| price.raised(now));
    for few in 0..=2 {
        assert_eq!(afford(uses(few), now), Ok(()));
    }
    assert_eq!(afford(uses(3), now), Err(Refused::Network { seconds: 600 }));
    let later = |seconds: u64| munjigi_keys::UnixMillis(now.0 + seconds * 1_000);
    assert_eq!(afford(uses(3), later(1_700)), Err(Refused::Network { seconds: 100 }));
    assert_eq!(afford(uses(3), later(1_799)), Err(Refused::Network { seconds: 30 }));
    assert_eq!(afford(uses(3).at(later(1_800)), later(1_800)), Ok(()));
}
