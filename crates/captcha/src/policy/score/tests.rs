use std::collections::BTreeMap;

use munjigi_protocol::ScoreWeights;
use proptest::prelude::*;

use super::*;
use crate::contract::site_config;
use crate::site::Exemption;
use crate::weights::{BIAS, MOST, MOST_BIAS};

fn site(score_weights: Option<ScoreWeights>) -> Site {
    let config = site_config(&["mj_", &"0".repeat(26)].concat(), Vec::new());
    Site::parse(&munjigi_protocol::SiteConfig { score_weights, ..config }, Exemption::Ignored)
        .unwrap()
}

fn weighing(bias: i32, weights: &[(Sign, i32)]) -> Site {
    let weights: BTreeMap<_, _> = weights.iter().copied().collect();
    site(Some(ScoreWeights { version: 1, bias, weights }))
}

const CONVICTING: [Sign; 2] = [Sign::SeenDriven, Sign::SeenInconsistent];

const DRIVEN: Signs = Signs::NONE.with(Sign::SeenDriven);

#[test]
fn scores_are_bounded_by_how_the_attempt_was_earned() {
    let site = site(None);
    let score = |signs| score(&site, signs).score;
    let picture_score = |signs, bonus| picture_score(&site, signs, bonus).score;
    assert_eq!([score(Signs::NONE), score(DRIVEN)], [100, 30]);
    let alone = [Signs::NONE, DRIVEN].map(|signs| score(signs.with(Sign::WorkAlone)));
    assert_eq!(alone, [50, 30]);
    assert_eq!([picture_score(Signs::NONE, 0), picture_score(DRIVEN, 0)], [100, 60]);
    assert_eq!([picture_score(Signs::NONE, 20), picture_score(DRIVEN, 20)], [100, 80]);
}

#[test]
fn a_sites_own_weights_decide_where_it_has_any() {
    let site = weighing(BIAS, &[(Sign::Hosting, 3_000), (Sign::PassedBefore, -2_000)]);
    let hosting = Signs::NONE.with(Sign::Hosting);
    assert_eq!(score(&site, Signs::NONE), Scored { score: 95, signs: Signs::NONE });
    let lowered = Scored { score: 49, signs: hosting.with(Sign::Outcomes) };
    assert_eq!(score(&site, hosting), lowered);
    assert_eq!(score(&site, hosting.with(Sign::PassedBefore)).score, 87);
    // Signs that weigh nothing here lift what they lower everywhere.
    let webdriver = Signs::NONE.with(Sign::Webdriver);
    assert_eq!(score(&site, webdriver), Scored { score: 95, signs: webdriver });
    // However the attempt was earned.
    assert_eq!(score(&site, hosting.with(Sign::WorkAlone)).score, 49);
    assert_eq!(score(&site, Signs::NONE.with(Sign::WorkAlone)).score, 50);
    let picture = picture_score(&site, hosting, 5);
    assert_eq!((picture.score, picture.signs.has(Sign::Outcomes)), (65, true));
}

#[test]
fn an_owner_is_told_only_of_ten_hundredths_that_were_lost() {
    // 10 and 9 less than everywhere.
    for (bias, told) in [(-2_197, true), (-2_314, false)] {
        let scored = score(&weighing(bias, &[]), Signs::NONE);
        assert_eq!(scored.signs.has(Sign::Outcomes), told, "{}", scored.score);
    }
    // Nothing was lost where the way it was earned bounds it anyway.
    let alone = Signs::NONE.with(Sign::WorkAlone);
    assert_eq!(score(&weighing(-2_197, &[]), alone), Scored { score: 50, signs: alone });
}

#[test]
fn no_site_forgives_what_convicts() {
    let kind = weighing(-MOST_BIAS, &[(Sign::PassedBefore, -MOST)]);
    assert_eq!(score(&kind, DRIVEN).score, 30);
    assert_eq!(score(&kind, DRIVEN.with(Sign::PassedBefore)).score, 30);
    assert_eq!(score(&weighing(MOST_BIAS, &[]), DRIVEN).score, 0);
}

#[test]
fn no_one_teaches_a_site_to_turn_away_those_they_imitate() {
    let person = [Sign::NoPointer, Sign::ManyKeys, Sign::Patient, Sign::Slow];
    let site = weighing(BIAS, &person.map(|sign| (sign, MOST)));
    let signs: Signs = person.into_iter().collect();
    assert_eq!(score(&site, signs), Scored { score: 41, signs: signs.with(Sign::Outcomes) });
    // What a client says of itself is lower everywhere, and stays so.
    let own_words = signs.with(Sign::Webdriver).with(Sign::Program);
    assert_eq!(score(&site, own_words).score, 22);
}

proptest! {
    #[test]
    fn no_weights_break_a_bound(
        bias in -MOST_BIAS..=MOST_BIAS,
        adds in prop::collection::vec(-MOST..=MOST, Sign::ALL.len()),
        bits in 0..=Signs::KNOWN,
        bonus in 0..=40_u8,
    ) {
        let weights: Vec<_> = Sign::ALL.into_iter().zip(adds).collect();
        let convicting = CONVICTING.map(|sign| (sign, MOST));
        let own = weighing(bias, &[weights, convicting.to_vec()].concat());
        let signs = Signs::of_bits(bits);
        let (here, everywhere) = (score(&own, signs).score, score(&site(None), signs).score);
        prop_assert!(!is_convicted(signs) || here <= everywhere);
        prop_assert!(is_convicted(signs) || here >= everywhere.min(41));
        prop_assert!(!signs.has(Sign::WorkAlone) || here <= WORK_ALONE);
        let picture = picture_score(&own, signs, bonus).score;
        prop_assert!((PICTURE..=100).contains(&picture));
    }
}
