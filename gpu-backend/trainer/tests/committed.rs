//! Checks that the committed networks are as accurate as their records say, on
//! pictures that nothing else uses.

use munjigi_trainer::harvest::{AREA, AreaRound, Record as _, SIDE, TileRecord, Use, seed};
use munjigi_trainer::likeliest::{largest, likeliest_cell};
use munjigi_trainer::make::VERSION;
use munjigi_trainer::record::{Committed, models};
use munjigi_trainer::task::planes;

/// The number of successes among `tried` that a true share of `accuracy` falls
/// below by four deviations: one run in 30,000 is that unlucky.
fn least(accuracy: f64, tried: u32) -> f64 {
    let tried = f64::from(tried);
    (accuracy * tried - 4.0 * (accuracy * (1.0 - accuracy) * tried).sqrt() - 1.0).floor()
}

#[test]
fn the_committed_classifier_is_as_right_as_recorded() {
    let model = Committed::read(&models(), "scene-tile", VERSION).unwrap();
    let mut right = 0;
    for number in 0..60 {
        let bytes = TileRecord::draw(seed(Use::Checked, TileRecord::NAME, number)).unwrap();
        let tile = TileRecord::read(&bytes);
        let scores = model.run(&planes(&[tile.rgb], SIDE, SIDE)).unwrap().remove(0);
        right += u32::from(largest(&scores) == tile.kind);
    }
    let least = least(model.record.interval[0], 60);
    assert!(f64::from(right) >= least, "{right} of 60, at least {least}");
}

#[test]
fn the_committed_segmenter_is_as_right_as_recorded() {
    let model = Committed::read(&models(), "scene-things", VERSION).unwrap();
    let mut right = 0;
    for number in 0..10 {
        let bytes = AreaRound::draw(seed(Use::Checked, AreaRound::NAME, number)).unwrap();
        let round = AreaRound::read(&bytes);
        let heads = model.run(&planes(&[round.rgb], AREA[1], AREA[0])).unwrap();
        right += u32::from(round.holds(likeliest_cell(&heads[1], round.target)));
    }
    let least = least(model.record.interval[0], 10);
    assert!(f64::from(right) >= least, "{right} of 10, at least {least}");
}
