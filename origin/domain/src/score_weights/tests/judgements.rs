use std::collections::BTreeMap;

use munjigi_captcha::weights::{BIAS, CONVICTION, Weights};
use munjigi_protocol::ScoreWeights;

use super::*;

fn own(weights: &[(Sign, i32)]) -> Model {
    let convicting = [Sign::SeenDriven, Sign::SeenInconsistent].map(|sign| (sign, CONVICTION));
    let weights: BTreeMap<_, _> = convicting.into_iter().chain(weights.iter().copied()).collect();
    Model::Own(Weights::parse(&ScoreWeights { version: 1, bias: BIAS, weights }).unwrap())
}

fn why(decision: Decision) -> Option<Why> {
    match decision {
        Decision::Keep(why, _) => Some(why),
        Decision::Publish(_) | Decision::Unknown(_) => None,
    }
}

fn judged(in_force: &Model, labels: &[Label], new: &[Label]) -> Decision {
    let candidate = Model::Own(fit(labels, 1).unwrap());
    let areas = Areas::of(in_force, &candidate, labels).unwrap();
    decide(in_force, &candidate, areas, new)
}

#[test]
fn an_area_counts_pairs() {
    let label = |signs: &[Sign], outcome| Label {
        signs: signs.iter().copied().collect(),
        outcome,
        at: UnixMillis(BEGIN),
    };
    let (good, bad) = (Outcome::Legitimate, Outcome::Fraudulent);
    let model = own(&[(Sign::Hosting, 1_000)]);
    let labels = [
        label(&[], good),
        label(&[], good),
        label(&[Sign::Hosting], good),
        label(&[], bad),
        label(&[Sign::Hosting], bad),
    ];
    // Of six pairs, two are right, three are even and one is wrong.
    assert!((area(&model, &labels).unwrap() - 3.5 / 6.0).abs() < 1e-12);
    assert_eq!(area(&model, &labels[..3]), None);
    assert_eq!(log_loss(&model, &labels[..3]), None);
    let coin = log_loss(&own(&[]), &labels).unwrap();
    assert!((coin - core::f64::consts::LN_2).abs() < 1e-12);
}

#[test]
fn calibration_compares_what_was_said_with_what_was() {
    let labels = Owner::new(1).day(0, 5_000, 0);
    let bins = calibration(&Model::Own(fit(&labels, 1).unwrap()), &labels);
    assert_eq!(bins.iter().map(|bin| bin.labels).sum::<u32>(), 10_000);
    for bin in bins.iter().filter(|bin| bin.labels > 300) {
        assert!((bin.chance - bin.share).abs() < 0.06, "{bin:?}");
    }
    let fixed = calibration(&Model::Fixed, &labels);
    assert_eq!(fixed[1], Bin::default());
}

#[test]
fn better_weights_are_published() {
    let mut owner = Owner::new(1);
    let (labels, new) = (owner.day(0, 400, 5), owner.day(1, 100, 5));
    let Decision::Publish(figures) = judged(&Model::Fixed, &labels, &new) else { panic!() };
    assert!(figures.gain > 2.0 * figures.error && figures.area > figures.area_in_force);
}

#[test]
fn fewer_than_fifty_of_a_kind_decide_nothing() {
    let mut owner = Owner::new(1);
    let (labels, new) = (owner.day(0, 400, 0), owner.day(1, 49, 0));
    let few = TooFew { legitimate: 49, fraudulent: 49 };
    assert_eq!(judged(&Model::Fixed, &labels, &new), Decision::Unknown(few));
}

#[test]
fn weights_that_are_worse_or_as_good_are_not_published() {
    let mut owner = Owner::new(1);
    let many = owner.day(0, 5_000, 0);
    let best = Model::Own(fit(&many, 1).unwrap());
    let labels = owner.day(1, 200, 0);
    assert_eq!(why(judged(&best, &labels, &owner.day(2, 1_000, 0))), Some(Why::NoBetter));
    let worse = own(&[(Sign::Absent, 3_000)]);
    for model in [&best, &worse] {
        let areas = Areas::of(&best, model, &many).unwrap();
        assert_eq!(why(decide(&best, model, areas, &many)), Some(Why::NoBetter));
    }
}

#[test]
fn weights_that_know_nothing_are_not_published() {
    let mut owner = Owner::new(1);
    let labels = owner.day(0, 400, 50);
    let found = why(judged(&Model::Fixed, &labels, &owner.day(1, 200, 50)));
    assert_eq!(found, Some(Why::Random));
}

#[test]
fn labels_that_turn_round_publish_nothing() {
    let mut owner = Owner::new(1);
    let labels = [owner.day(0, 400, 0), owner.day(1, 400, 100)].concat();
    let best = Model::Own(fit(&owner.day(0, 2_000, 0), 1).unwrap());
    let new = owner.day(2, 400, 100);
    assert_eq!(why(judged(&best, &labels, &new)), Some(Why::Reversed));
    // Half of a training that says the opposite of the other half has learned
    // nothing, and cannot have been right about what came since.
    assert_eq!(why(judged(&Model::Fixed, &labels, &new)), Some(Why::Random));
    // And labels that hardly follow the signs any more.
    let labels = owner.day(0, 400, 0);
    let found = why(judged(&Model::Fixed, &labels, &owner.day(1, 800, 35)));
    assert_eq!(found, Some(Why::Unlike));
}

#[test]
fn a_site_that_the_fixed_weights_are_wrong_about_learns_too() {
    // People behind an old proxy, and frauds that nothing speaks against.
    let mut owner = Owner::new(1);
    let proxied = |labels: Vec<Label>| -> Vec<Label> {
        let at_work = |label: Label| match label.outcome {
            Outcome::Legitimate => {
                Label { signs: label.signs.with(Sign::HttpOne).with(Sign::TlsOneTwo), ..label }
            }
            Outcome::Fraudulent => Label { signs: Signs::NONE.with(Sign::Hosting), ..label },
        };
        labels.into_iter().map(at_work).collect()
    };
    let (labels, new) = (proxied(owner.day(0, 400, 5)), proxied(owner.day(1, 100, 5)));
    let Decision::Publish(figures) = judged(&Model::Fixed, &labels, &new) else { panic!() };
    assert!(figures.area_in_force < 0.3 && figures.area > 0.8, "{figures:?}");
}
