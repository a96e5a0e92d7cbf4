use std::collections::BTreeMap;

use munjigi_captcha::weights::{BIAS, CONVICTION, MOST, MOST_BIAS, Weights, features, prior};
use munjigi_protocol::ScoreWeights;
use proptest::prelude::*;

use super::*;

fn learned(labels: &[Label]) -> ScoreWeights {
    fit(labels, 7).unwrap().into()
}

fn of(weights: &BTreeMap<Sign, i32>, sign: Sign) -> f64 {
    f64::from(weights.get(&sign).copied().unwrap_or_default()) / 1_000.0
}

/// By how much learned weights miss the truth at most.
fn worst(labels: &[Label]) -> f64 {
    let ScoreWeights { weights, .. } = learned(labels);
    let miss = |(sign, legitimate, fraudulent)| {
        (of(&weights, sign) - truth([0, legitimate, fraudulent])).abs()
    };
    SEEN.into_iter().map(miss).fold(0.0, f64::max)
}

#[test]
fn known_weights_are_recovered() {
    let labels = Owner::new(1).day(0, 20_000, 0);
    assert!(worst(&labels) < 0.15, "{}", worst(&labels));
    // Where nothing was seen: the odds of seeing none of it.
    let none: f64 = SEEN
        .into_iter()
        .map(|(_, legitimate, fraudulent)| {
            let missing = |hundredths: u64| f64::from(u32::try_from(100 - hundredths).unwrap());
            (missing(fraudulent) / missing(legitimate)).ln()
        })
        .sum();
    let bias = f64::from(learned(&labels).bias - BIAS) / 1_000.0;
    assert!((bias - none).abs() < 0.1, "{bias} {none}");
}

#[test]
fn signs_that_were_not_seen_weigh_what_they_do_everywhere() {
    let ScoreWeights { version, weights, .. } = learned(&Owner::new(1).day(0, 300, 0));
    assert_eq!(version, 7);
    for sign in [Sign::TlsOld, Sign::Program, Sign::Touch, Sign::SeenDriven] {
        assert_eq!(weights.get(&sign).copied().unwrap_or_default(), prior(sign));
    }
}

#[test]
fn few_labels_move_weights_less_than_many() {
    let moved = |each| of(&learned(&Owner::new(1).day(0, each, 0)).weights, Sign::Hosting);
    assert!(moved(200) < moved(20_000), "{} {}", moved(200), moved(20_000));
    assert!(moved(200) > 1.5, "{}", moved(200));
}

#[test]
fn one_label_in_twenty_may_be_wrong() {
    let labels = Owner::new(1).day(0, 20_000, 5);
    // Each kind then looks a twentieth like the other.
    assert!(worst(&labels) < 0.8, "{}", worst(&labels));
    let truth = Owner::new(2).day(0, 5_000, 0);
    let [right, wrong] = [&Owner::new(1).day(0, 500, 0), &Owner::new(1).day(0, 500, 5)]
        .map(|labels| log_loss(&Model::Own(fit(labels, 1).unwrap()), &truth).unwrap());
    assert!(wrong < right + 0.03, "{right} {wrong}");
    assert!(wrong + 0.05 < log_loss(&Model::Fixed, &truth).unwrap());
}

#[test]
fn it_does_not_matter_how_many_labels_each_kind_has() {
    let mut labels = Owner::new(1).day(0, 8_000, 0);
    let even = learned(&labels);
    let mut kept = 0;
    labels.retain(|label| {
        kept += u32::from(label.outcome == Outcome::Legitimate);
        label.outcome == Outcome::Fraudulent || kept.is_multiple_of(8)
    });
    let uneven = learned(&labels);
    assert!((even.bias - uneven.bias).abs() < 200, "{} {}", even.bias, uneven.bias);
    for (sign, ..) in SEEN {
        let by = of(&even.weights, sign) - of(&uneven.weights, sign);
        assert!(by.abs() < 0.35, "{sign:?} {by}");
    }
}

#[test]
fn nothing_is_learned_from_too_few() {
    let labels = Owner::new(1).day(0, 199, 0);
    let few = Untrained::TooFew { legitimate: 199, fraudulent: 199 };
    assert_eq!(fit(&labels, 1), Err(few));
    let all: Vec<Label> = Owner::new(1)
        .day(0, 5_000, 0)
        .into_iter()
        .map(|label| Label { outcome: Outcome::Fraudulent, ..label })
        .collect();
    assert_eq!(fit(&all, 1), Err(Untrained::TooFew { legitimate: 0, fraudulent: 10_000 }));
}

#[test]
fn a_prior_that_is_no_number_is_refused() {
    let labels = Owner::new(1).day(0, 300, 0);
    for width in [0.0, f64::NAN] {
        assert_eq!(fit_as_sure(&labels, 1, width), Err(Untrained::NoResult));
    }
}

#[test]
fn what_was_learned_before_is_no_sign() {
    let labels = Owner::new(1).day(0, 400, 0);
    let marked: Vec<Label> = labels
        .iter()
        .map(|label| match label.outcome {
            Outcome::Legitimate => *label,
            Outcome::Fraudulent => Label { signs: label.signs.with(Sign::Outcomes), ..*label },
        })
        .collect();
    assert_eq!(fit(&labels, 1), fit(&marked, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_labelled_weights_stay_within_bounds(
        visits in prop::collection::vec((0..=Signs::KNOWN, 0..=1_usize, 1..900_usize), 1..12),
        every in (0..=Signs::KNOWN, 0..=Signs::KNOWN),
    ) {
        let label = |bits, outcome: usize, count| {
            let (signs, at) = (Signs::of_bits(bits), UnixMillis(BEGIN));
            vec![Label { signs, outcome: Outcome::ALL[outcome], at }; count]
        };
        let mut labels = [label(every.0, 0, 200), label(every.1, 1, 200)].concat();
        for (bits, outcome, count) in visits {
            labels.extend(label(bits, outcome, count));
        }
        let wire = learned(&labels);
        prop_assert!(wire.bias.abs() <= MOST_BIAS);
        prop_assert!(wire.weights.values().all(|adds| adds.abs() <= MOST));
        prop_assert!(features().all(|sign| sign != Sign::Outcomes));
        for sign in [Sign::SeenDriven, Sign::SeenInconsistent] {
            prop_assert_eq!(wire.weights.get(&sign), Some(&CONVICTION));
        }
        prop_assert!(Weights::parse(&wire).is_ok());
        labels.reverse();
        prop_assert_eq!(learned(&labels), wire);
    }
}
