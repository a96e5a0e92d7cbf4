use munjigi_protocol::{Level, Protection};

use super::*;
use crate::site::Guard;
use crate::site::paths::MAX_PROTECTIONS;

/// A rule, at the first place.
fn one(path: &str, above_per_second: Option<u32>) -> Match<'static> {
    at_place(0, path, above_per_second)
}

fn at_place(place: usize, path: &str, above_per_second: Option<u32>) -> Match<'static> {
    let guard = Box::leak(Box::new(guard(path, above_per_second)));
    Match { guard, place, is_certain: true }
}

const KEY: [u8; 16] = [7; 16];

fn guard(path: &str, above_per_second: Option<u32>) -> Guard {
    Guard::parse(&Protection {
        path: path.to_owned(),
        host: None,
        methods: Vec::new(),
        level: Some(Level::Worked),
        dry_run: false,
        no_exemptions: false,
        above_per_second,
    })
    .unwrap()
}

fn sites() -> [Sitekey; 2] {
    ["0", "4"].map(|last| Sitekey::from_trusted(&format!("mj_{}{last}", "0".repeat(25))).unwrap())
}

const BEGIN: u64 = 1_795_000_000;

fn at(second: u64) -> UnixMillis {
    UnixMillis::from_seconds(BEGIN + second)
}

fn network(number: u64) -> Prefix {
    let [.., a, b, c] = number.to_be_bytes();
    Prefix::V4([a, b, c])
}

#[test]
fn a_rule_under_load_begins_with_the_load_and_ends_a_minute_after_it() {
    let (mut loads, rule) = (Loads::default(), one("/*", Some(5)));
    let mut visitors = (0..).map(network);
    let mut note = |site: usize, rule: &Match<'_>, second| {
        loads.note(sites()[site], rule, visitors.next().unwrap(), at(second), KEY)
    };
    // Five a second for a minute are no load.
    for second in 0..60 {
        for _ in 0..5 {
            assert!(!note(0, &rule, second), "{second}");
        }
    }
    let held = (0..60).filter(|_| note(0, &rule, 60)).count();
    assert_eq!(held, 10);
    // Neither another site nor another rule is under load by that.
    assert!(!note(1, &rule, 61));
    assert!(!note(0, &at_place(1, "/*", Some(5)), 61));
    assert!(note(0, &rule, 60 + LASTS - 1));
    assert!(!note(0, &rule, 60 + LASTS));
}

#[test]
fn a_flood_from_few_networks_has_no_one_else_asked() {
    let (mut loads, rule) = (Loads::default(), one("/*", Some(50)));
    let mut held = |from: u64, second, requests| {
        let mut note = || loads.note(sites()[0], &rule, network(from), at(second), KEY);
        (0..requests).filter(|_| note()).count()
    };
    let (person, mut own) = (1_000, 0);
    for second in 0..60 {
        own += (1..SHARES).map(|from| held(from, second, 200)).sum::<usize>();
        assert_eq!(held(person, second, 1), 0, "{second}");
    }
    // Each has what it sends beyond 500 requests in ten seconds held.
    assert_eq!(own, 7 * 6 * 1_500);
    // The eighth's share is what the person and these have left of them.
    assert_eq!((held(8, 59, 56), held(9, 59, 1), held(person, 59, 1)), (0, 1, 1));
}

#[test]
fn other_networks_are_not_taken_for_one_that_floods() {
    let (mut loads, rule) = (Loads::default(), one("/*", Some(2_000)));
    let mut held = |from: u64, requests| {
        (0..requests).filter(|_| loads.note(sites()[0], &rule, network(from), at(0), KEY)).count()
    };
    assert_eq!(held(0, 30_000), 10_000);
    assert_eq!((1..10_000).map(|from| held(from, 1)).sum::<usize>(), 0);
}

#[test]
fn a_rule_without_a_limit_always_holds_and_takes_no_memory() {
    let mut loads = Loads::default();
    assert!(loads.note(sites()[0], &one("/*", None), network(0), at(0), KEY));
    assert!(loads.loads.is_empty());
    assert!(loads.note(sites()[0], &one("/*", Some(0)), network(0), at(0), KEY));
}

#[test]
fn a_rule_lets_few_previews_through_in_a_minute() {
    let (mut loads, rule) = (Loads::default(), one("/*", None));
    let minute = BEGIN.next_multiple_of(60) - BEGIN;
    let mut through = |rule: &Match<'_>, site: usize, second| {
        let mut note = || loads.note_preview(sites()[site], rule, at(minute + second));
        u64::try_from((0..100).filter(|_| note()).count()).unwrap()
    };
    assert_eq!([through(&rule, 0, 0), through(&rule, 0, 59)], [PREVIEWS, 0]);
    // What one rule has used up is another's no less.
    assert_eq!(through(&one("/a", None), 0, 59), PREVIEWS);
    assert_eq!(through(&rule, 1, 59), PREVIEWS);
    assert_eq!(through(&rule, 0, 60), PREVIEWS);
}

/// Sites of one owner, each with as many rules as it may have.
fn of_one_owner(sites: usize) -> impl Iterator<Item = (Sitekey, usize)> {
    let site = |number| Sitekey::from_trusted(&format!("mj_{number:025}4")).unwrap();
    (0..sites).flat_map(move |number| (0..MAX_PROTECTIONS).map(move |at| (site(number), at)))
}

#[test]
fn memory_is_bounded_for_each_site_and_for_all() {
    let mut loads = Loads::default();
    for number in 0..3 * MAX_PROTECTIONS {
        // As often as its owner changes them.
        let rule = at_place(number % MAX_PROTECTIONS, &format!("/{number}"), Some(1));
        loads.note(sites()[0], &rule, network(0), at(0), KEY);
    }
    assert_eq!(loads.loads.len(), MAX_PROTECTIONS);
    for (site, number) in of_one_owner(60) {
        loads.note(site, &at_place(number, "/a", Some(1)), network(0), at(0), KEY);
    }
    assert_eq!(loads.loads.len(), MAX_RULES);
    // What no one asks for any more makes room.
    loads.note(sites()[1], &one("/*", Some(1)), network(0), at(LASTS), KEY);
    assert_eq!(loads.loads.len(), 1);
}

#[test]
fn rules_of_others_neither_end_one_that_holds_nor_keep_one_from_holding() {
    for others in [11, 60] {
        let (mut loads, rule) = (Loads::default(), one("/*", Some(50)));
        let mut visitors = (0..).map(network);
        let (mut held, mut all) = (0, 0);
        for second in 0..70 {
            for (site, number) in of_one_owner(others) {
                let other = at_place(number, "/a", Some(50));
                loads.note(site, &other, network(0), at(second), KEY);
            }
            for _ in 0..100 {
                let from = visitors.next().unwrap();
                all += 1;
                held += usize::from(loads.note(sites()[0], &rule, from, at(second), KEY));
            }
        }
        // All but the five hundred and one of the first window.
        assert!(held >= all - 1_001, "{held} of {all} beside {others} sites");
    }
}

#[test]
fn rules_of_others_have_no_more_previews_let_through() {
    for others in [11, 60] {
        let (mut loads, rule) = (Loads::default(), one("/*", None));
        let minute = BEGIN.next_multiple_of(60) - BEGIN;
        let mut through = 0;
        for _ in 0..3_000 {
            through += u64::from(loads.note_preview(sites()[0], &rule, at(minute)));
        }
        for (site, number) in of_one_owner(others) {
            loads.note_preview(site, &at_place(number, "/a", None), at(minute));
            through += u64::from(loads.note_preview(sites()[0], &rule, at(minute)));
        }
        assert_eq!(through, PREVIEWS, "beside {others} sites");
    }
}

#[test]
fn rules_whose_paths_are_alike_are_counted_apart() {
    let mut loads = Loads::default();
    let ladder = [at_place(0, "/*", Some(500)), at_place(1, "/*", Some(50))];
    let mut dry = guard("/*", Some(5));
    dry.dry_run = true;
    let dry = Match { guard: &dry, place: 2, is_certain: true };
    let mut held = [0; 3];
    for (from, second) in (0..).zip((0..30).flat_map(|second| [second; 40])) {
        for (held, rule) in held.iter_mut().zip([&ladder[0], &ladder[1], &dry]) {
            *held += usize::from(loads.note(sites()[0], rule, network(from), at(second), KEY));
        }
    }
    assert_eq!(&held[..2], [0, 0]);
    assert!(held[2] > 1_000);
}

#[test]
fn what_only_could_be_one_of_a_rules_is_held_and_no_load() {
    let (mut loads, rule) = (Loads::default(), one("/*", Some(5)));
    let odd = Match { is_certain: false, ..rule };
    for from in 0..1_000 {
        assert!(loads.note(sites()[0], &odd, network(from), at(0), KEY));
    }
    assert!(!loads.note(sites()[0], &rule, network(0), at(0), KEY));
}

#[test]
fn asking_a_second_time_counts_nothing_and_says_the_same() {
    let (mut loads, rule) = (Loads::default(), one("/*", Some(5)));
    for from in 0..60 {
        let first = loads.note(sites()[0], &rule, network(from), at(0), KEY);
        let again = || loads.holds(sites()[0], &rule, network(from), at(0));
        assert_eq!([first; 3], [again(), again(), again()], "{from}");
    }
}

#[test]
fn no_two_processes_share_counters() {
    let of = |key: u8| (0..64).map(|from| slots(network(from), &[key; 16])).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}
