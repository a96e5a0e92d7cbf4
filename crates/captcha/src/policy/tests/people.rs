//! People who reach a form in different ways.

use super::*;

#[test]
fn however_people_reach_a_form_their_scores_are_alike() {
    let site = site(On::Plain);
    let stage = Stage::Solution {
        id: AttemptId([0; 16]),
        proven: 640_000,
        puzzles: 0,
        network: Network::Same,
    };
    let first = Signals { since_load_ms: Some(4_000), since_focus_ms: Some(0), ..NOTHING };
    let idle = Signals { pointer: Some(0), keys: Some(0), focus_changes: Some(0), ..NOTHING };
    let people = [
        ("a mouse", PERSON),
        ("a trackpad's moves, one by one", Signals { single: Some(true), ..PERSON }),
        ("one touch", Signals { pointer: Some(1), keys: Some(0), touch: Some(true), ..first }),
        ("one key", Signals { pointer: Some(0), keys: Some(1), focus_changes: Some(1), ..first }),
        ("a switch's click", Signals { pointer: Some(1), ..idle }),
        ("a screen reader's focus", Signals { focus_changes: Some(1), ..idle }),
        ("a password manager", Signals { since_focus_ms: Some(0), ..idle }),
        ("one who is not to be tracked", NOTHING),
        ("settings that hide a touch screen", Signals { agreement: Some(0x08_07ff), ..PERSON }),
    ];
    for (who, signals) in people {
        let demand = calmly(&site, &signals, stage);
        assert!(score(&site, demand.signs).score >= 95, "{who}");
        assert_eq!(demand.work, site.work.floor, "{who}");
    }
}
