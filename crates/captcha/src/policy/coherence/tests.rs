use munjigi_counters::Pressure;
use munjigi_protocol::{PictureKind, Signals};
use proptest::prelude::*;

use super::*;
use crate::contract::{FIREFOX, site_config};
use crate::host::Hostname;
use crate::labels::Action;
use crate::policy::risk::{is_convicted, risk};
use crate::policy::tests::NOTHING;
use crate::policy::{Demand, DemandStep, HARDER, Network, decide};
use crate::site::{Exemption, Site};
use crate::visit::Visit;

const ID: AttemptId =
    AttemptId([0xd4, 0xc3, 0xb2, 0xa1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MASK: u32 = 0xa1b2_c3d4;

/// What the widget sends of a visitor who points, beside the checks.
const PERSON: Signals = Signals { pointer: Some(3), agreement: None, ..NOTHING };

/// Every check was made and found nothing.
const AGREEING: Option<u32> = Some(MASK ^ DEMANDED);

fn decided(agreement: Option<u32>, algorithm: Algorithm, pictures: Vec<PictureKind>) -> Demand {
    decided_by(&Signals { agreement, ..PERSON }, algorithm, pictures)
}

fn decided_by(signals: &Signals, algorithm: Algorithm, pictures: Vec<PictureKind>) -> Demand {
    decided_for(&FIREFOX, signals, algorithm, pictures)
}

fn decided_for(
    visit: &Visit,
    signals: &Signals,
    algorithm: Algorithm,
    pictures: Vec<PictureKind>,
) -> Demand {
    let mut config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    config.pictures = pictures;
    config.fallback_allowed = true;
    decide(&Question {
        site: &Site::parse(&config, Exemption::Honoured).unwrap(),
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::parse("login").unwrap(),
        visit,
        signals,
        pressure: &Pressure::default(),
        software: [0; 2],
        algorithm,
        stage: Stage::Solution { id: ID, proven: 640_000, puzzles: 0, network: Network::Same },
    })
    .unwrap()
}

fn work(agreement: Option<u32>) -> u64 {
    decided(agreement, Algorithm::HashWx, Vec::new()).total()
}

fn found(check: Check) -> u32 {
    MASK ^ (DEMANDED | bit(check) << FOUND)
}

#[test]
fn what_every_widget_sends_and_a_client_leaves_out_speaks_against_it() {
    let complete = Signals { agreement: AGREEING, ..PERSON };
    let of = |visit: &Visit, signals: &Signals, pictures| {
        let demand = decided_for(visit, signals, Algorithm::HashWx, pictures);
        (demand.total() / work(AGREEING), demand.step, risk(demand.signs))
    };
    assert_eq!(of(&FIREFOX, &complete, Vec::new()), (1, DemandStep::Puzzle, 0));
    let left_out = [
        Signals { agreement: None, ..complete },
        Signals { webdriver: None, ..complete },
        Signals { solve_ms: None, ..complete },
        Signals { pointer: Some(3), ..Signals::default() },
    ];
    for signals in &left_out {
        assert_eq!(of(&FIREFOX, signals, Vec::new()), (HARDER, DemandStep::Puzzle, 60));
        let picture = of(&FIREFOX, signals, vec![PictureKind::Grid]);
        assert_eq!((picture.1, picture.2), (DemandStep::Picture, 60));
        // It is no proof: a site's own rules may forgive it.
        let demand = decided_for(&FIREFOX, signals, Algorithm::HashWx, Vec::new());
        assert!(!is_convicted(demand.signs));
    }
    // Nothing that a client could have said instead, short of proof, costs more.
    let said = Signals { agreement: Some(found(Check::Platform)), ..complete };
    assert!(of(&FIREFOX, &said, Vec::new()).0 < HARDER);
    // A program by its own words never promised to make checks.
    let program = Visit { agent: AgentKind::Program, ..FIREFOX };
    for signals in left_out.iter().chain([&complete]) {
        assert_eq!(of(&program, signals, Vec::new()), (2, DemandStep::Puzzle, 55));
    }
}

#[test]
fn a_check_that_finds_something_convicts() {
    for check in [Check::Agent, Check::Webdriver, Check::Headless, Check::Natives] {
        assert_eq!(work(Some(found(check))), HARDER * work(AGREEING), "{check:?}");
        let demand = decided(Some(found(check)), Algorithm::HashWx, vec![PictureKind::Grid]);
        assert_eq!(demand.step, DemandStep::Picture, "{check:?}");
        assert_eq!(risk(demand.signs), CONVICTED, "{check:?}");
    }
}

#[test]
fn what_settings_can_cause_costs_at_most_double() {
    let both = found(Check::Languages) ^ bit(Check::Platform) << FOUND;
    let each = [Check::Languages, Check::Platform, Check::Hints, Check::Graphics].map(found);
    for bits in each.into_iter().chain([both]) {
        let demand = decided(Some(bits), Algorithm::HashWx, vec![PictureKind::Grid]);
        assert_eq!((demand.step, demand.total()), (DemandStep::Puzzle, 2 * work(AGREEING)));
    }
}

#[test]
fn developer_tools_in_any_position_are_at_most_doubted() {
    let with = |checks: &[Check]| {
        let found = checks.iter().fold(0, |found, check| found | bit(*check));
        Some(MASK ^ (DEMANDED | found << FOUND))
    };
    let decide = |checks: &[Check], whole| {
        let signals = Signals { agreement: with(checks), whole, ..PERSON };
        let demand = decided_by(&signals, Algorithm::HashWx, vec![PictureKind::Grid]);
        assert!(!is_convicted(demand.signs), "{checks:?}");
        assert_eq!(demand.total() % work(AGREEING), 0, "{checks:?}");
        (demand.step, demand.total() / work(AGREEING))
    };
    for checks in [[Check::Window].as_slice(), &[Check::Touch], &[Check::Runtime]] {
        assert_eq!(decide(checks, None), (DemandStep::Puzzle, 1), "{checks:?}");
    }
    assert_eq!(decide(&[Check::Runtime, Check::Touch], None), (DemandStep::Puzzle, 1));
    // Docked in the window they explain that logs are being read. In a window of
    // their own they look like a driver that joined the browser; so do those that
    // inspect a phone, or a browser inside an app, which has no window.
    for (whole, factor) in [(None, 1), (Some(false), 1), (Some(true), 2)] {
        assert_eq!(decide(&[Check::Runtime], whole), (DemandStep::Puzzle, factor), "{whole:?}");
    }
    assert_eq!(decide(&[Check::Runtime, Check::Window], None), (DemandStep::Puzzle, 2));
    // The device mode beside them changes what frames say of their browser.
    let device = [Check::Runtime, Check::Platform, Check::Hints];
    assert_eq!(decide(&device, Some(true)), (DemandStep::Puzzle, 2));
    assert_eq!(decide(&[], Some(true)), (DemandStep::Puzzle, 1));
}

#[test]
fn a_check_left_out_convicts_no_one() {
    for number in 0..Check::ALL.len() {
        let demand = decided(
            Some(MASK ^ DEMANDED ^ (1 << number)),
            Algorithm::HashWx,
            vec![PictureKind::Grid],
        );
        assert_eq!((demand.step, risk(demand.signs)), (DemandStep::Picture, 60));
        assert!(!is_convicted(demand.signs));
    }
}

#[test]
fn the_fallback_need_not_answer() {
    let demand = decided(Some(MASK), Algorithm::Sha256, Vec::new());
    assert_eq!(demand.signs, decided(None, Algorithm::Sha256, Vec::new()).signs);
}

#[test]
fn the_bits_of_another_attempt_convict() {
    // Its id differs in the byte whose bits are always 0.
    assert_eq!(work(Some(MASK ^ 0x0100_0000 ^ DEMANDED)), HARDER * work(AGREEING));
    // A finding of a check that was not made.
    assert_eq!(work(Some(MASK ^ (1 << FOUND))), HARDER * work(AGREEING));
}

#[test]
fn a_newer_widget_may_make_more_checks() {
    let more = 1 << Check::ALL.len();
    assert_eq!(work(Some(MASK ^ (DEMANDED | more | more << FOUND))), work(AGREEING));
}

proptest! {
    #[test]
    fn what_is_found_in_addition_never_lowers_risk(
        made in 0..=MADE, found in 0..=MADE, number in 0..11_u32,
    ) {
        // Only what was made can find something; anything else convicts.
        let made = made | 1 << number;
        let bits = made | (found & made) << FOUND;
        let more = bits | 1 << number << FOUND;
        let risk = |bits| risk(decided(Some(MASK ^ bits), Algorithm::HashWx, Vec::new()).signs);
        prop_assert!(risk(more) >= risk(bits));
    }
}

#[test]
fn checks_are_listed_in_the_order_of_their_numbers() {
    let numbers: Vec<u32> = Check::ALL.iter().map(|check| *check as u32).collect();
    assert_eq!(numbers, (0..11).collect::<Vec<_>>());
}
