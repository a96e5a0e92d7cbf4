//! A shortened run of what made the committed networks.

use munjigi_trainer::harvest::Store;
use munjigi_trainer::make::{self, Effort};
use munjigi_trainer::train::Plan;

#[test]
fn a_shortened_run_learns_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let plan = Plan { seed: 3, steps: 60, batch: 32, rate: 2e-3 };
    let effort = Effort { pictures: 240, held: 90, plan };
    let made = make::tile(&store, effort).unwrap();
    // Chance is 3 of 90; the run is the same each time.
    assert!(made.held_out.passed >= 9, "{:?}", made.held_out);
    // Interrupted and started again: nothing is drawn or learnt twice, and the
    // result is the same.
    assert_eq!(make::tile(&store, effort).unwrap().bytes, made.bytes);
}
