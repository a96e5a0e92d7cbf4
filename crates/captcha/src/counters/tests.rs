use proptest::prelude::*;

use super::*;

const HALF_LIFE_SECONDS: u32 = 300;
const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

fn place(network: u64) -> Place {
    let network = mix(network).to_le_bytes();
    Place { site: 7, network, yesterday: None, system: Some(mix(64_500)) }
}

fn later(seconds: u64) -> UnixMillis {
    UnixMillis(NOW.0 + seconds * 1_000)
}

fn noted(counters: &mut Counters, place: &Place, what: Noted, times: u32) {
    for _ in 0..times {
        counters.note(place, what, NOW);
    }
}

#[test]
fn what_happened_is_counted_at_every_level() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), Noted::Issued, 5);
    noted(&mut counters, &place(1), Noted::Failed, 2);
    noted(&mut counters, &place(2), Noted::Solved, 3);
    let pressure = counters.pressure(&place(1), NOW);
    assert_eq!(pressure.prefix, Load { issued: 5, solved: 0, failed: 2 });
    assert_eq!(pressure.site, Load { issued: 5, solved: 3, failed: 2 });
    assert_eq!(pressure.asn, pressure.site);
    assert_eq!(pressure.prefix.weight(u32::MAX), 5 + 16);
    assert_eq!(pressure.prefix.weight(9), 5 + 9);
}

#[test]
fn an_unknown_system_is_not_counted() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let place = Place { system: None, ..place(1) };
    noted(&mut counters, &place, Noted::Issued, 5);
    assert_eq!(counters.pressure(&place, NOW).asn, Load::default());
}

#[test]
fn a_half_life_halves_and_many_forget() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), Noted::Issued, 200);
    for (seconds, issued) in [(0, 200), (150, 141), (300, 100), (600, 50), (1_500, 6), (9_999, 0)] {
        assert_eq!(counters.pressure(&place(1), later(seconds)).prefix.issued, issued);
    }
}

#[test]
fn touching_a_counter_often_does_not_change_its_decay() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), Noted::Issued, 200);
    for seconds in 0..300 {
        counters.note(&place(1), Noted::Solved, later(seconds));
    }
    let issued = counters.pressure(&place(1), later(300)).prefix.issued;
    assert!((99..=100).contains(&issued), "{issued}");
}

#[test]
fn a_clock_that_steps_back_neither_decays_nor_panics() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), Noted::Issued, 4);
    counters.note(&place(1), Noted::Issued, UnixMillis(0));
    assert_eq!(counters.pressure(&place(1), UnixMillis(0)).prefix.issued, 5);
    assert_eq!(counters.pressure(&place(1), UnixMillis(u64::MAX)).prefix.issued, 0);
}

#[test]
fn a_flood_of_one_visit_networks_does_not_hide_a_busy_one() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(0), Noted::Issued, 200);
    for network in 1..200_000 {
        counters.note(&place(network), Noted::Issued, NOW);
    }
    assert_eq!(counters.pressure(&place(0), NOW).prefix.issued, 200);
    // A visitor who arrives during the flood is counted only for what they did.
    let visitor = place(1 << 40);
    assert_eq!(counters.pressure(&visitor, NOW).prefix, Load::default());
    counters.note(&visitor, Noted::Issued, NOW);
    assert_eq!(counters.pressure(&visitor, NOW).prefix.issued, 1);
}

#[test]
fn a_busy_network_becomes_known_during_a_flood() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for network in 1..100_000 {
        counters.note(&place(network), Noted::Issued, NOW);
        if network % 500 == 0 {
            counters.note(&place(0), Noted::Issued, NOW);
        }
    }
    assert!(counters.pressure(&place(0), NOW).prefix.issued >= 100);
}

#[test]
fn a_networks_counters_outlive_midnight() {
    let authority = crate::contract::authority(crate::contract::ROOT_A);
    let sitekey = Sitekey::from_trusted(&["mj_", &"0".repeat(26)].concat()).unwrap();
    let visit = crate::contract::FIREFOX;
    let midnight = UnixMillis::from_seconds(NOW.days() * 86_400);
    let before = UnixMillis(midnight.0 - 1_000);
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let yesterday = counters.place(&authority, &sitekey, &visit, before);
    for _ in 0..200 {
        counters.note(&yesterday, Noted::Issued, before);
    }
    let today = counters.place(&authority, &sitekey, &visit, midnight);
    assert_ne!(today.visitor(), yesterday.visitor());
    counters.note(&today, Noted::Issued, midnight);
    let issued = counters.pressure(&today, midnight).prefix.issued;
    // One tick of decay at most.
    assert!((196..=201).contains(&issued), "{issued}");
    // A challenge of yesterday still leads to its network.
    assert!(counters.network(yesterday.visitor(), midnight).issued >= 195);
    // At noon, yesterday costs nothing and is not consulted.
    let noon = UnixMillis(midnight.0 + 43_200_000);
    let today = counters.place(&authority, &sitekey, &visit, noon);
    assert_eq!((today.yesterday, counters.pressure(&today, noon).prefix.issued), (None, 0));
}

#[test]
fn an_event_of_an_attempt_is_new_once() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let (one, other) = (AttemptId([1; 16]), AttemptId([2; 16]));
    let events =
        [Event::Failed, Event::Solved, Event::Abandoned, Event::Stepped(0), Event::Stepped(16)];
    for event in events {
        assert!(!counters.seen(&one, event));
        assert!(counters.first(&one, event));
        assert!(counters.seen(&one, event) && !counters.first(&one, event));
    }
    assert!(events.iter().all(|event| counters.first(&other, *event)));
}

#[test]
fn the_decay_table_is_powers_of_two() {
    for (i, factor) in DECAY.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "33 bits fit the 53 of a double")]
        let (factor, i) = (*factor as f64, i as f64);
        assert!((factor - (32.0 - i / 32.0).exp2()).abs() <= 0.5);
    }
}

proptest! {
    #[test]
    fn decay_only_ever_lowers(value: u32, ticks in 0_u64..5_000) {
        prop_assert!(decayed(value, ticks + 1) <= decayed(value, ticks));
        prop_assert!(decayed(value, ticks) <= value);
    }

    #[test]
    fn a_half_life_is_exactly_half(value: u32, ticks in 0_u64..500) {
        prop_assert_eq!(decayed(value, ticks + TICKS_PER_HALF_LIFE), decayed(value, ticks) / 2);
    }
}
