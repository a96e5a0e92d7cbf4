//! Rules that weigh, and rules by what a visit comes to.

use munjigi_protocol::{ScoreReason, Sign};

use super::*;
use crate::weights::{Weight, weight};

const SOFTWARE: [u32; 2] = [7, 0x00c0_ffee];

fn with(rules: &[(RuleMatch, Verdict)]) -> Site {
    let mut config = config();
    let rule =
        |(when, verdict): &(RuleMatch, Verdict)| Rule { when: when.clone(), verdict: *verdict };
    config.rules = rules.iter().map(rule).collect();
    Site::parse(&config, Exemption::Ignored).unwrap()
}

fn ask_at(site: &Site, signals: &Signals, stage: Stage) -> Result<Demand, Refused> {
    decide(&Question {
        site,
        hostname: &Hostname::parse("shop.example").unwrap(),
        action: &Action::parse("login").unwrap(),
        visit: &FIREFOX,
        signals,
        pressure: &CALM,
        software: SOFTWARE,
        algorithm: Algorithm::HashWx,
        stage,
    })
}

const SOLVED: Stage =
    Stage::Solution { id: AttemptId([0; 16]), proven: 1_000, puzzles: 0, network: Network::Same };

fn any() -> RuleMatch {
    RuleMatch::default()
}

/// Work in floors; a picture counts as none.
fn factor(rules: &[(RuleMatch, Verdict)], signals: &Signals) -> u64 {
    let demand = ask_at(&with(rules), signals, SOLVED).unwrap();
    if demand.step == DemandStep::Picture { 0 } else { demand.work / 40_000 }
}

#[test]
fn weights_add_up_until_a_rule_decides() {
    let weigh = |weight| (any(), Verdict::Weigh(weight));
    assert_eq!(factor(&[], &PERSON), 1);
    assert_eq!(factor(&[weigh(29)], &PERSON), 1);
    assert_eq!(factor(&[weigh(30)], &PERSON), 2);
    assert_eq!(factor(&[weigh(15), weigh(15)], &PERSON), 2);
    // Without pictures, what they would replace.
    assert_eq!(factor(&[weigh(60)], &PERSON), 8);
    assert_eq!(factor(&[weigh(100), weigh(-80)], &PERSON), 1);
    let other = RuleMatch { asn: Some(1), ..any() };
    assert_eq!(factor(&[(other, Verdict::Weigh(60))], &PERSON), 1);
    // What comes after a decision is not read.
    assert_eq!(factor(&[(any(), Verdict::Harder), weigh(60)], &PERSON), 8);
    assert_eq!(factor(&[weigh(60), (any(), Verdict::Allow)], &PERSON), 1);
}

#[test]
fn no_weight_forgives_what_convicts() {
    let convicted = Signs::NONE.with(Sign::SeenDriven);
    let risk = risk(convicted);
    assert!(risk >= RISKY);
    assert_eq!([-100, 0, 100].map(|weight| weighed(convicted, weight)), [risk, risk, 100]);
    let doubted = Signs::NONE.with(Sign::Webdriver);
    assert_eq!([-100, 200].map(|weight| weighed(doubted, weight)), [0, 100]);
    let doubtful = factor(&[(any(), Verdict::Weigh(40))], &PERSON);
    assert_eq!((doubtful, factor(&[(any(), Verdict::Weigh(-40))], &PERSON)), (2, 1));
}

#[test]
fn score_and_reasons_match_once_a_puzzle_is_solved() {
    let low = RuleMatch { score_below: Some(60), ..any() };
    let automation = RuleMatch { reason: Some(ScoreReason::Automation), ..any() };
    let fleet = RuleMatch { reason: Some(ScoreReason::Fleet), ..any() };
    for (when, signals, matches) in [
        (&low, &DRIVEN, true),
        (&low, &PERSON, false),
        (&automation, &DRIVEN, true),
        (&automation, &PERSON, false),
        (&fleet, &DRIVEN, false),
    ] {
        let site = with(&[(when.clone(), Verdict::Block)]);
        assert_eq!(ask_at(&site, signals, SOLVED).is_err(), matches, "{when:?}");
        assert!(ask_at(&site, signals, Stage::Start).is_ok(), "{when:?}");
    }
}

/// So an owner decides what convicted visits get: a rule about scores below 31.
#[test]
fn what_convicts_scores_below_31_and_no_other_sign_does() {
    for sign in Sign::ALL {
        let score = 100 - risk(Signs::NONE.with(sign));
        let convicts = weight(sign) == Weight::Convicts;
        assert_eq!(score < 31, convicts, "{}: {score}", sign.as_str());
    }
}

#[test]
fn software_matches_by_either_of_its_names() {
    for (name, matches) in [("00c0ffee", true), ("00000007", true), ("00000008", false)] {
        let when = RuleMatch { software: Some(name.into()), ..any() };
        let site = with(&[(when, Verdict::Block)]);
        assert_eq!(ask_at(&site, &PERSON, Stage::Start).is_err(), matches, "{name}");
    }
}

#[test]
fn rules_that_could_never_match_or_weigh_nothing_are_refused() {
    let parse = |when: RuleMatch, verdict| {
        let mut config = config();
        config.rules = vec![Rule { when, verdict }];
        Site::parse(&config, Exemption::Ignored).map(drop)
    };
    for when in [
        RuleMatch { score_below: Some(0), ..any() },
        RuleMatch { score_below: Some(101), ..any() },
        RuleMatch { software: Some("c0ffee".into()), ..any() },
        RuleMatch { software: Some("00C0FFEE".into()), ..any() },
    ] {
        assert!(parse(when.clone(), Verdict::Harder).is_err(), "{when:?}");
    }
    for (weight, accepted) in [(0, false), (-101, false), (101, false), (-100, true), (100, true)] {
        assert_eq!(parse(any(), Verdict::Weigh(weight)).is_ok(), accepted, "{weight}");
    }
}
