use proptest::prelude::*;

use super::*;

/// What every site begins with, and some changes.
fn wire(changes: &[(Sign, i32)]) -> ScoreWeights {
    let weights = features().map(|sign| (sign, prior(sign))).chain(changes.iter().copied());
    ScoreWeights { version: 1, bias: BIAS, weights: weights.collect() }
}

fn weights(changes: &[(Sign, i32)]) -> Weights {
    Weights::parse(&wire(changes)).unwrap()
}

#[test]
fn weights_beyond_their_bounds_are_refused() {
    for bias in [-8_001, 8_001, i32::MIN] {
        let refused = Weights::parse(&ScoreWeights { bias, ..wire(&[]) });
        assert_eq!(refused, Err(WeightsError::Bias));
    }
    for adds in [-4_001, 4_001, i32::MAX] {
        let refused = Weights::parse(&wire(&[(Sign::Hosting, adds)]));
        assert_eq!(refused, Err(WeightsError::Weight(Sign::Hosting)));
    }
    for sign in [Sign::SeenDriven, Sign::SeenInconsistent] {
        let refused = Weights::parse(&wire(&[(sign, CONVICTION - 1)]));
        assert_eq!(refused, Err(WeightsError::Conviction(sign)));
    }
    let mut without = wire(&[]);
    without.weights.remove(&Sign::SeenDriven);
    // An origin of a release before does not know all that convicts.
    assert_eq!(Weights::parse(&without), Weights::parse(&wire(&[])));
    let most = [(Sign::Hosting, MOST), (Sign::Touch, -MOST), (Sign::SeenDriven, MOST)];
    assert!(Weights::parse(&wire(&most)).is_ok());
}

#[test]
fn a_score_is_the_chance_that_a_visit_is_legitimate() {
    let first = weights(&[]);
    let of = |signs: &[Sign]| first.score(signs.iter().copied().collect());
    assert_eq!(of(&[]), 95);
    // Nearly as everywhere: 70, 50 and 30 are taken from 95 hundredths.
    assert_eq!([of(&[Sign::Differing]), of(&[Sign::Webdriver])], [66, 47]);
    assert_eq!(of(&[Sign::SeenDriven]), 29);
    assert_eq!(of(&[Sign::SeenDriven, Sign::SeenInconsistent, Sign::Webdriver]), 0);
}

#[test]
fn the_table_is_the_logistic_function() {
    for (place, least) in LEAST_ODDS.into_iter().enumerate() {
        let half = f64::from(u32::try_from(place).unwrap()) + 0.5;
        let exact = ((100.0 - half) / half).ln() * 1_000.0;
        assert!((exact - f64::from(least)).abs() <= 0.5, "{place}");
    }
    for odds in -12_000..12_000 {
        let of = Weights { version: 1, bias: odds, of: BTreeMap::new() };
        let exact = 100.0 / (1.0 + (f64::from(odds) / 1_000.0).exp());
        assert!((f64::from(of.score(Signs::NONE)) - exact).abs() < 0.52, "{odds}");
    }
}

#[test]
fn nothing_is_learned_from_what_was_learned() {
    let said = weights(&[(Sign::Outcomes, MOST)]);
    assert_eq!(said.score(Signs::NONE.with(Sign::Outcomes)), said.score(Signs::NONE));
}

proptest! {
    #[test]
    fn more_odds_never_score_higher(bias in -220_000..220_000_i32, more in 0..9_000_i32) {
        let score = |bias| {
            Weights { version: 1, bias, of: BTreeMap::new() }.score(Signs::NONE)
        };
        prop_assert!(score(bias + more) <= score(bias) && score(bias) <= 100);
    }

    #[test]
    fn what_is_parsed_scores_whatever_is_noticed(
        bias in -9_000..9_000_i32,
        adds in prop::collection::vec(-4_100..4_100_i32, Sign::ALL.len()),
        bits in 0..=Signs::KNOWN,
    ) {
        let given = ScoreWeights { version: 1, bias, weights: Sign::ALL.into_iter().zip(adds).collect() };
        if let Ok(weights) = Weights::parse(&given) {
            prop_assert!(weights.score(Signs::of_bits(bits)) <= 100);
        }
    }
}
