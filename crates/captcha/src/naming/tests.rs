use core::sync::atomic::{AtomicU64, Ordering};

use munjigi_counters::{Payer, Pressure};
use munjigi_protocol::AttemptId;

use super::*;
use crate::address::Address;
use crate::contract::{FIREFOX, ROOT_A, authority};
use crate::software::Software;

const HALF_LIFE_SECONDS: u32 = 300;
const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

/// Counts that an attempt of its own was solved where its challenge went.
pub fn note_solved(counters: &mut Counters, keys: &CounterKeys, payer: Payer, now: UnixMillis) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = mix(NEXT.fetch_add(1, Ordering::Relaxed));
    let id = [number.to_le_bytes(), [0; 8]].concat().try_into().expect("sixteen bytes");
    counters.note_solved(keys, &AttemptId(id), keys.visitor(), payer, now);
}

fn sitekey() -> Sitekey {
    Sitekey::from_trusted(&["mj_", &"0".repeat(26)].concat()).unwrap()
}

#[test]
fn a_networks_counters_outlive_midnight() {
    let authority = authority(ROOT_A);
    let midnight = UnixMillis::from_seconds(NOW.days() * 86_400);
    let before = UnixMillis(midnight.0 - 1_000);
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let yesterday = counter_keys(&mut counters, &authority, &sitekey(), &FIREFOX, before);
    for _ in 0..200 {
        counters.note_issued(&yesterday, before);
    }
    let today = counter_keys(&mut counters, &authority, &sitekey(), &FIREFOX, midnight);
    assert_ne!(today.visitor(), yesterday.visitor());
    counters.note_issued(&today, midnight);
    let issued = counters.pressure(&today, midnight).address.issued;
    // One tick of decay at most.
    assert!((196..=201).contains(&issued), "{issued}");
    // A challenge of yesterday still leads to its network.
    assert!(counters.network(yesterday.visitor(), midnight).load.issued >= 195);
    // At noon, yesterday costs nothing and is not consulted.
    let noon = UnixMillis(midnight.0 + 43_200_000);
    let today = counter_keys(&mut counters, &authority, &sitekey(), &FIREFOX, noon);
    assert_eq!((today.yesterday, counters.pressure(&today, noon).address.issued), (None, 0));
}

/// Places of one site by the visitors' addresses and software.
fn visited(counters: &mut Counters, address: &str, software: u64) -> Pressure {
    let authority = authority(ROOT_A);
    let visit = Visit {
        address: Address::parse(address).unwrap(),
        software: Software::numbered(software),
        ..FIREFOX
    };
    let place = counter_keys(counters, &authority, &sitekey(), &visit, NOW);
    counters.note_issued(&place, NOW);
    note_solved(counters, &place, Payer::Newcomer, NOW);
    counters.pressure(&place, NOW)
}

#[test]
fn a_visit_is_counted_in_everything_that_it_shares() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    visited(&mut counters, "192.0.2.1", 1);
    visited(&mut counters, "192.0.2.1", 1);
    visited(&mut counters, "192.0.2.2", 1);
    visited(&mut counters, "192.0.3.1", 2);
    visited(&mut counters, "192.0.99.1", 1);
    let pressure = visited(&mut counters, "192.0.2.1", 1);
    assert_eq!(pressure.address.issued, 3);
    assert_eq!((pressure.network.load.issued, pressure.network.members), (4, 2));
    assert_eq!(pressure.block.load.solved, 5);
    assert_eq!(pressure.system.networks, 3);
    assert_eq!((pressure.site.solved, pressure.site_networks), (6, 3));
    assert_eq!((pressure.software.networks, pressure.handshake.networks), (2, 0));
    assert_eq!(pressure.software.share, None);
    // People behind one address are told apart by their software.
    let other = visited(&mut counters, "192.0.2.1", 3);
    assert_eq!((other.client.issued, other.address.issued), (1, 4));
}

#[test]
fn a_fleet_is_seen_however_quiet_its_networks_are() {
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut last = Pressure::default();
    for number in 0..1_000 {
        last = visited(&mut counters, &format!("10.{}.{}.1", number / 250, number % 250), 5);
    }
    assert!(last.software.networks.abs_diff(1_000) < 300, "{}", last.software.networks);
    assert_eq!((last.address.issued, last.network.members), (1, 1));
    let person = visited(&mut counters, "192.0.2.1", 6);
    assert_eq!(person.software.networks, 1);
}

#[test]
fn a_recorded_interaction_is_recognised_but_not_a_short_one() {
    let authority = authority(ROOT_A);
    let mut counters = Counters::new(HALF_LIFE_SECONDS);
    let mut visit = |number: u8, signals: &Signals| {
        let address = Address::V4([10, 0, number, 1]);
        let visit = Visit { address, ..FIREFOX };
        let place =
            counter_keys_at_start(&mut counters, &authority, &sitekey(), &visit, signals, NOW);
        let before = counters.pressure(&place, NOW).trace;
        note_solved(&mut counters, &place, Payer::Newcomer, NOW);
        before
    };
    let recorded = Signals {
        since_load_ms: Some(6_123),
        since_focus_ms: Some(4_567),
        pointer: Some(3),
        keys: Some(2),
        ..Signals::default()
    };
    for number in 0..5 {
        assert_eq!(visit(number, &recorded), u32::from(number));
    }
    for other in [
        Signals { since_load_ms: Some(6_124), ..recorded },
        Signals { since_focus_ms: Some(4_566), ..recorded },
        Signals { keys: Some(1), ..recorded },
        Signals { focus_changes: Some(1), ..recorded },
    ] {
        assert_eq!(visit(9, &other), 0);
    }
    for unknown in [
        Signals { since_focus_ms: None, ..recorded },
        Signals { since_load_ms: Some(300), ..recorded },
        Signals { pointer: None, keys: Some(0), ..recorded },
        Signals::default(),
    ] {
        for _ in 0..3 {
            assert_eq!(visit(9, &unknown), 0);
        }
    }
}
