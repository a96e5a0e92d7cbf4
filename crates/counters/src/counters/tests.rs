use core::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

mod shared;

use super::*;
use crate::decay::{DECAY, decayed};
use crate::{Flooded, Load, TICKS_PER_HALF_LIFE, mix};

const HALF_LIFE_SECONDS: u32 = 300;
const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

/// A place of another network for each number; all with one address, in one
/// system and with one software.
fn place(network: u64) -> CounterKeys {
    CounterKeys::numbered(7, mix(network))
}

fn later(seconds: u64) -> UnixMillis {
    UnixMillis(NOW.0 + seconds * 1_000)
}

/// By a visitor who was asked for as much work as people are.
const SOLVED: CounterEvent = CounterEvent::Solved(Payer::Newcomer);

impl Counters {
    /// Counts an event, that of an attempt of its own.
    pub(crate) fn note(&mut self, place: &CounterKeys, what: CounterEvent, now: UnixMillis) {
        match what {
            CounterEvent::Issued => self.note_issued(place, now),
            CounterEvent::Failed => self.note_failed(place, now),
            CounterEvent::Solved(payer) => {
                self.note_solved(place, &new_id(), place.visitor(), payer, now);
            }
        }
    }
}

fn new_id() -> AttemptId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = mix(NEXT.fetch_add(1, Ordering::Relaxed));
    AttemptId([number.to_le_bytes(), [0; 8]].concat().try_into().expect("sixteen bytes"))
}

fn noted(counters: &mut Counters, place: &CounterKeys, what: CounterEvent, times: u32) {
    for _ in 0..times {
        counters.note(place, what, NOW);
    }
}

#[test]
fn what_happened_is_counted_at_every_level() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), CounterEvent::Issued, 5);
    noted(&mut counters, &place(1), CounterEvent::Failed, 2);
    noted(&mut counters, &place(2), SOLVED, 3);
    noted(&mut counters, &place(2), CounterEvent::Solved(Payer::Charged), 2);
    noted(&mut counters, &place(3), CounterEvent::Solved(Payer::Charged), 1);
    noted(&mut counters, &place(4), CounterEvent::Solved(Payer::Regular), 1);
    let pressure = counters.pressure(&place(1), NOW);
    assert_eq!(pressure.address, Load { issued: 5, failed: 2, ..Load::NONE });
    // Requests and failures count for their own client alone.
    let site = Load { solved: 7, charged: 3, regular: 1, ..Load::NONE };
    assert_eq!((pressure.site, pressure.site.people()), (site, 4));
    assert_eq!((pressure.block.load, pressure.system.load), (site, site));
    assert_eq!(pressure.network.load, Load { issued: 5, ..Load::NONE });
    // Networks of those who were charged are no people's.
    assert_eq!((pressure.system.networks, pressure.software.networks), (3, 3));
    assert_eq!(pressure.site_networks, 2);
    assert_eq!(pressure.address.weight(u32::MAX), 5 + 16);
    assert_eq!(pressure.address.weight(9), 5 + 9);
}

#[test]
fn an_unknown_system_is_not_counted() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut place = place(1);
    place.system = None;
    noted(&mut counters, &place, SOLVED, 5);
    assert_eq!(counters.pressure(&place, NOW).system, Part::default());
}

#[test]
fn a_half_life_halves_and_many_forget() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), CounterEvent::Issued, 200);
    for (seconds, issued) in [(0, 200), (150, 141), (300, 100), (600, 50), (1_500, 6), (9_999, 0)] {
        assert_eq!(counters.pressure(&place(1), later(seconds)).address.issued, issued);
    }
}

#[test]
fn touching_a_counter_often_does_not_change_its_decay() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), CounterEvent::Issued, 200);
    for seconds in 0..300 {
        counters.note(&place(1), SOLVED, later(seconds));
    }
    let issued = counters.pressure(&place(1), later(300)).address.issued;
    assert!((99..=100).contains(&issued), "{issued}");
}

#[test]
fn a_clock_that_steps_back_neither_decays_nor_panics() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(1), CounterEvent::Issued, 4);
    counters.note(&place(1), CounterEvent::Issued, UnixMillis(0));
    assert_eq!(counters.pressure(&place(1), UnixMillis(0)).address.issued, 5);
    assert_eq!(counters.pressure(&place(1), UnixMillis(u64::MAX)).address.issued, 0);
}

#[test]
fn a_flood_of_one_visit_networks_does_not_hide_a_busy_one() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    noted(&mut counters, &place(0), CounterEvent::Issued, 200);
    for network in 1..200_000 {
        counters.note(&place(network), CounterEvent::Issued, NOW);
    }
    assert_eq!(counters.pressure(&place(0), NOW).address.issued, 200);
    // A visitor who arrives during the flood is counted only for what they did.
    let visitor = place(1 << 40);
    assert_eq!(counters.pressure(&visitor, NOW).address, Load::default());
    counters.note(&visitor, CounterEvent::Issued, NOW);
    assert_eq!(counters.pressure(&visitor, NOW).address.issued, 1);
}

#[test]
fn a_busy_network_becomes_known_during_a_flood() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    for network in 1..100_000 {
        counters.note(&place(network), CounterEvent::Issued, NOW);
        if network % 500 == 0 {
            counters.note(&place(0), CounterEvent::Issued, NOW);
        }
    }
    assert!(counters.pressure(&place(0), NOW).address.issued >= 100);
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

#[test]
fn what_is_busy_elsewhere_costs_at_the_first_visit() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut one = Counters::new(HALF_LIFE_SECONDS);
    let mut other = Counters::new(HALF_LIFE_SECONDS);
    let mut tell = |counters: &mut Counters, now| {
        for report in counters.reports(1, now) {
            counters.learn(&report, &ledger.add(&report, now), now);
        }
    };
    noted(&mut one, &place(1), CounterEvent::Issued, 200);
    tell(&mut one, NOW);
    // Visits of others are enough to hear of it.
    for number in 0..16 {
        other.note(&place(9 + number), SOLVED, NOW);
    }
    assert_eq!(other.pressure(&place(1), NOW).address.issued, 0);
    tell(&mut other, NOW);
    let pressure = other.pressure(&place(1), NOW);
    assert_eq!((pressure.address.issued, pressure.client.issued), (200, 200));
    assert_eq!((pressure.network.load.issued, pressure.network.members), (200, 1));
    assert_eq!(other.pressure(&place(2), NOW).address.issued, 0);
}

#[test]
fn who_passed_before_a_flood_is_known_when_it_begins() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut one = Counters::new(HALF_LIFE_SECONDS);
    let mut other = Counters::new(HALF_LIFE_SECONDS);
    let mut tell = |counters: &mut Counters, now| {
        let due = counters.report_is_due(now);
        for report in counters.reports(1, now) {
            counters.learn(&report, &ledger.add(&report, now), now);
        }
        due
    };
    for number in 0..20 {
        passes(&mut one, &place(number), NOW);
    }
    assert!(tell(&mut one, NOW));
    let now = later(3 * u64::from(HALF_LIFE_SECONDS));
    // As long as nothing is wrong, no process asks who passed.
    assert!(!other.report_is_due(now) && !other.pressure(&place(3), now).passed);
    other.note_flood(&place(99), Cause::Seen, now);
    assert!(tell(&mut other, now));
    for number in 0..40 {
        assert_eq!(other.pressure(&place(number), now).passed, number < 20, "{number}");
    }
    // It has ended, and is no longer asked about.
    let now = UnixMillis(now.0 + 60_000);
    assert!(other.reports(1, now).is_empty());
}

/// A visitor passes where the challenge was issued.
fn passes(counters: &mut Counters, place: &CounterKeys, now: UnixMillis) {
    counters.note(place, SOLVED, now);
    counters.note_passed(place, place.address(), now);
}

/// Reports and learns.
fn tell(counters: &mut Counters, ledger: &mut crate::meter::Ledger, now: UnixMillis) {
    for report in counters.reports(1, now) {
        counters.learn(&report, &ledger.add(&report, now), now);
    }
}

#[test]
fn a_meter_that_forgot_is_told_again_who_passed() {
    let mut one = Counters::new(HALF_LIFE_SECONDS);
    let mut other = Counters::new(HALF_LIFE_SECONDS);
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    passes(&mut one, &place(1), NOW);
    let now = later(2 * u64::from(HALF_LIFE_SECONDS));
    passes(&mut one, &place(2), UnixMillis(now.0 - 1_000));
    // The other notices the flood some reports earlier.
    for step in 0..5 {
        let at = UnixMillis(now.0 + step * 2_000);
        other.note_flood(&place(99), Cause::Seen, at);
        tell(&mut other, &mut ledger, at);
    }
    let now = UnixMillis(now.0 + 10_000);
    one.note_flood(&place(99), Cause::Seen, now);
    // What this process saw itself needs no meter; what came just before the
    // flood may be its own.
    assert!(one.pressure(&place(1), now).passed && !one.pressure(&place(2), now).passed);
    assert!(!other.pressure(&place(1), now).passed);
    tell(&mut one, &mut ledger, now);
    tell(&mut other, &mut ledger, UnixMillis(now.0 + 2_000));
    assert!(other.pressure(&place(1), now).passed && !other.pressure(&place(2), now).passed);
    // It forgets during the flood: the processes that know tell it once more.
    ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let mut third = Counters::new(HALF_LIFE_SECONDS);
    third.note_flood(&place(99), Cause::Seen, now);
    for step in 2..4 {
        tell(&mut one, &mut ledger, UnixMillis(now.0 + step * 2_000));
    }
    tell(&mut third, &mut ledger, UnixMillis(now.0 + 8_000));
    assert!(third.pressure(&place(1), now).passed && !third.pressure(&place(2), now).passed);
}

#[test]
fn what_passes_in_a_flood_did_not_pass_before_it() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    counters.note_flood(&place(99), Cause::Seen, NOW);
    tell(&mut counters, &mut ledger, NOW);
    passes(&mut counters, &place(1), later(60));
    tell(&mut counters, &mut ledger, later(62));
    // A pause that is longer than a process remembers a flood's visits.
    for seconds in [460, 464] {
        counters.note_flood(&place(99), Cause::Seen, later(seconds));
        tell(&mut counters, &mut ledger, later(seconds));
        assert!(!counters.pressure(&place(1), later(seconds)).passed, "{seconds}");
    }
    // A process that notices it only now believes what it saw for as long as it
    // has not asked.
    let mut late = Counters::new(HALF_LIFE_SECONDS);
    passes(&mut late, &place(2), later(60));
    late.note_flood(&place(99), Cause::Seen, later(470));
    tell(&mut late, &mut ledger, later(470));
    assert!(!late.pressure(&place(2), later(470)).passed);
    let asked = Report {
        flooded: vec![Flooded { site: 7, since: u32::MAX, told: None }],
        ..Report::default()
    };
    assert_eq!(ledger.add(&asked, later(470)).regulars[0].names, [0_u32; 0]);
}

#[test]
fn one_solution_passes_at_one_address_whatever_it_is_posted_from() {
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    let asked = place(1);
    for poster in 2..20 {
        let mut counters = Counters::new(HALF_LIFE_SECONDS);
        counters.note(&place(poster), SOLVED, NOW);
        counters.note_passed(&place(poster), asked.address(), NOW);
        for _ in 0..4 {
            counters.note(&place(poster), CounterEvent::Issued, NOW);
        }
        tell(&mut counters, &mut ledger, NOW);
    }
    let now = later(3 * u64::from(HALF_LIFE_SECONDS));
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    counters.note_flood(&asked, Cause::Seen, now);
    tell(&mut counters, &mut ledger, now);
    for number in 1..20 {
        assert_eq!(counters.pressure(&place(number), now).passed, number == 1, "{number}");
    }
}

#[test]
fn a_site_that_says_it_is_under_attack_takes_no_floods_place() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut ledger = crate::meter::Ledger::new(HALF_LIFE_SECONDS);
    passes(&mut counters, &place(1), NOW);
    let now = later(3 * u64::from(HALF_LIFE_SECONDS));
    // As many sites as there is room for, and more, set to `on`.
    for site in 100..400 {
        counters.note_flood(&CounterKeys::numbered(site, 1), Cause::Said, now);
    }
    counters.note_flood(&place(99), Cause::Seen, now);
    // Nor where all there is room for are flooded.
    for site in 400..463 {
        counters.note_flood(&CounterKeys::numbered(site, 1), Cause::Seen, now);
    }
    for site in 100..400 {
        counters.note_flood(&CounterKeys::numbered(site, 1), Cause::Said, now);
    }
    tell(&mut counters, &mut ledger, now);
    assert!(counters.pressure(&place(1), now).passed);
}
