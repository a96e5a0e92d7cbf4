//! How a price falls while nothing more happens.

use munjigi_counters::Counters;
use munjigi_keys::UnixMillis;

use super::*;
use crate::naming::counter_keys;

#[test]
fn a_price_falls_to_a_quarter_in_ten_minutes_and_to_the_floor_in_an_hour() {
    // Without doubt, which would double some of it.
    let site = site(On::Rule(Verdict::Allow));
    let mut counters = Counters::new(300);
    let authority = crate::contract::authority(crate::contract::ROOT_A);
    let begin = 1_794_981_600_000;
    let place = counter_keys(&mut counters, &authority, &site.sitekey, &FIREFOX, UnixMillis(begin));
    for _ in 0..800 {
        counters.note_issued(&place, UnixMillis(begin));
    }
    let paid = |minutes: u64| {
        let pressure = counters.pressure(&place, UnixMillis(begin + minutes * 60_000));
        ask(&site, &FIREFOX, &NOTHING, &pressure).unwrap().work * 10 / site.work.floor
    };
    let at_first = paid(0);
    assert!(at_first >= 300, "{at_first}");
    for (minutes, part) in [(5, 2), (10, 4), (15, 8)] {
        let expected = at_first / part;
        assert!(paid(minutes).abs_diff(expected) <= 2 + expected / 50, "{minutes} {expected}");
    }
    assert_eq!(paid(60), 10);
}
