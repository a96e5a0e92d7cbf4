use munjigi_counters::{Fleet, Pressure};
use munjigi_protocol::{Algorithm, AttemptId, Signals};

use super::*;
use crate::contract::{FIREFOX, site_config};
use crate::host::Hostname;
use crate::labels::Action;
use crate::policy::tests::NOTHING;
use crate::policy::tests::pressures::{CALM, address, load, neighbours};
use crate::site::{Exemption, Site};
use crate::visit::Visit;
use ScoreReason::{
    Automation, Fleet as OfFleet, InconsistentClient, NetworkLoad, ReplayedTrace, SiteUnderAttack,
    SolvedElsewhere, TooLittleData,
};

const PERSON: Signals =
    Signals { since_load_ms: Some(8_000), pointer: Some(3), keys: Some(2), ..NOTHING };
const ID: AttemptId = AttemptId([0; 16]);

fn of(visit: &Visit, signals: &Signals, pressure: &Pressure, stage: Stage) -> Vec<ScoreReason> {
    let config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    let site = Site::parse(&config, Exemption::Ignored).unwrap();
    reasons(signs(&Question {
        site: &site,
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::default(),
        visit,
        signals,
        pressure,
        software: [0; 2],
        algorithm: Algorithm::HashWx,
        stage,
    }))
}

#[test]
fn each_reason_has_a_visit_that_shows_it_alone() {
    let solution = |network| Stage::Solution { id: ID, proven: 640_000, puzzles: 0, network };
    let start = |visit, signals, pressure| of(&visit, &signals, &pressure, Stage::Start);
    assert_eq!(start(FIREFOX, PERSON, CALM), []);
    assert_eq!(start(FIREFOX, Signals::default(), CALM), []);
    let program = Visit { agent: AgentKind::Program, ..FIREFOX };
    assert_eq!(start(program, PERSON, CALM), [Automation]);
    let driven = Signals { webdriver: Some(true), ..PERSON };
    assert_eq!(start(FIREFOX, driven, CALM), [Automation]);
    let forged = Visit { agent: AgentKind::Contradictory, ..FIREFOX };
    assert_eq!(start(forged, PERSON, CALM), [InconsistentClient]);
    assert_eq!(start(FIREFOX, PERSON, Pressure { trace: 8, ..CALM }), [ReplayedTrace]);
    let fleet = Pressure { software: Fleet { networks: 500, share: Some(0), prior: None }, ..CALM };
    assert_eq!(start(FIREFOX, PERSON, fleet), [OfFleet]);
    assert_eq!(start(FIREFOX, PERSON, address(32, 32, 0)), [NetworkLoad]);
    assert_eq!(start(FIREFOX, PERSON, address(3, 0, 3)), [NetworkLoad]);
    assert_eq!(start(FIREFOX, PERSON, neighbours(100, 1_000, 1)), [NetworkLoad]);
    let flood = Pressure { site: load(9_000, 9_000, 0), expected: Some(100), ..CALM };
    assert_eq!(start(FIREFOX, PERSON, flood), [SiteUnderAttack]);
    assert_eq!(start(FIREFOX, PERSON, Pressure { passed: true, ..flood }), []);
    let solved = |signals, network| of(&FIREFOX, &signals, &CALM, solution(network));
    assert_eq!(solved(PERSON, Network::Same), []);
    let unseen = Signals { since_load_ms: None, pointer: None, keys: None, ..PERSON };
    assert_eq!(solved(unseen, Network::Same), [TooLittleData]);
    assert_eq!(solved(PERSON, Network::Other), [SolvedElsewhere]);
    let fast = Signals { solve_ms: Some(1), ..PERSON };
    assert_eq!(solved(fast, Network::Same), [SolvedElsewhere]);
    // The bits of the checks: agent (0) and webdriver (3) found something.
    let found = |check: u32| Signals { agreement: Some(0x7ff | 1 << (12 + check)), ..PERSON };
    assert_eq!(solved(found(0), Network::Same), [InconsistentClient]);
    assert_eq!(solved(found(3), Network::Same), [Automation]);
    assert_eq!(solved(found(1), Network::Same), [InconsistentClient]);
    let unasked = Signals { agreement: Some(0x7fe), ..PERSON };
    assert_eq!(solved(unasked, Network::Same), [InconsistentClient]);
}

#[test]
fn the_strongest_five_are_listed_in_their_order() {
    assert_eq!(reasons(Signs::of_bits(u64::MAX)), ScoreReason::ALL[..5]);
    let two = Signs::NONE.with(Sign::Absent).and(Signs::NONE.with(Sign::Webdriver));
    assert_eq!(reasons(two), [Automation, TooLittleData]);
}
