//! How busy paths are whose rules hold only under load, and how many link
//! previews rules let through. Each process counts for itself, so that a check
//! asks no store.

use core::hash::Hasher;

use munjigi_keys::UnixMillis;
use siphasher::sip::SipHasher13;

use super::Guard;
use crate::address::Prefix;
use crate::credentials::Sitekey;

/// Seconds that requests are counted over.
const WINDOW: u64 = 10;

/// Seconds that a rule still holds after its paths were busy: one that came and
/// went with every window would ask some visitors and not others.
const LASTS: u64 = 60;

/// What one network counts for, as a part of a rule's limit: so many networks
/// together are no load yet.
const SHARES: u64 = 8;

/// Counters of networks for each rule in each of two rows, as many as a byte
/// numbers. A network has one in each, and of these the lower number is its own:
/// to be taken for a network that floods, another has to share both with it,
/// which one in 65,536 does.
const SLOTS: usize = 256;

/// Requests of programs that make link previews that a rule lets through in a
/// minute: few for a crawler that takes the name of one.
const PREVIEWS: u64 = 30;

/// Most rules that are counted for. Beyond them, one that does not hold is
/// forgotten for each: no site can end another's rules.
const MAX_RULES: usize = 1_024;

/// The load of rules. There are few, so that they are searched in turn.
#[derive(Debug, Default)]
pub struct Loads(Vec<Load>);

#[derive(Debug)]
struct Load {
    sitekey: Sitekey,
    rule: Box<str>,
    /// Of requests, each network's up to its share.
    requests: Counted,
    /// All requests in the same window, by network. Empty before the first.
    by_network: Vec<u64>,
    /// Until when the rule holds, in seconds since 1970.
    holds_until: u64,
    previews: Counted,
}

/// A count of one window, which is numbered since 1970.
#[derive(Debug, Default)]
struct Counted {
    window: u64,
    count: u64,
}

impl Counted {
    /// Counts one more, and says how many there are in its window.
    fn add(&mut self, window: u64) -> u64 {
        if self.window != window {
            *self = Self { window, count: 0 };
        }
        self.count += 1;
        self.count
    }
}

impl Load {
    /// Counts a request from a network. Returns how many there are in this
    /// window, of which each network has at most its share, and how many are
    /// the network's own.
    fn add(&mut self, network: Prefix, window: u64, share: u64) -> (u64, u64) {
        if self.requests.window != window {
            self.requests = Counted { window, count: 0 };
            self.by_network.clear();
            self.by_network.resize(2 * SLOTS, 0);
        }
        let mut hasher = SipHasher13::new();
        hasher.write(network.bytes());
        let [one, two, ..] = hasher.finish().to_le_bytes().map(usize::from);
        let mut own = u64::MAX;
        for slot in [one, SLOTS + two] {
            if let Some(count) = self.by_network.get_mut(slot) {
                *count += 1;
                own = own.min(*count);
            }
        }
        let all = if own <= share { self.requests.add(window) } else { self.requests.count };
        (all, own)
    }
}

impl Loads {
    /// Counts a request from a network that a rule matches, and says whether the
    /// rule holds for it. A network that exceeds the limit by itself has the rule
    /// hold for its own requests: no one can have other people asked from one
    /// place.
    pub fn note(
        &mut self,
        sitekey: Sitekey,
        guard: &Guard,
        network: Prefix,
        now: UnixMillis,
    ) -> bool {
        let Some(above) = guard.above_per_second else { return true };
        let seconds = now.seconds();
        let Some(load) = self.of(sitekey, guard) else { return true };
        let limit = u64::from(above) * WINDOW;
        let (all, own) = load.add(network, seconds / WINDOW, (limit / SHARES).max(1));
        if all > limit {
            load.holds_until = seconds + LASTS;
        }
        own > limit || seconds < load.holds_until
    }

    /// Counts a link preview that a rule lets through if it may, and says
    /// whether it may.
    pub fn note_preview(&mut self, sitekey: Sitekey, guard: &Guard, now: UnixMillis) -> bool {
        let load = self.of(sitekey, guard);
        load.is_some_and(|load| load.previews.add(now.seconds() / 60) <= PREVIEWS)
    }

    fn of(&mut self, sitekey: Sitekey, guard: &Guard) -> Option<&mut Load> {
        let rule = guard.name();
        let is_its = |load: &Load| load.sitekey == sitekey && *load.rule == *rule;
        let known = self.0.iter().position(is_its);
        if known.is_none() {
            if self.0.len() >= MAX_RULES {
                let ends = |load: &(usize, &Load)| (load.1.holds_until, load.1.requests.window);
                let spare = self.0.iter().enumerate().min_by_key(ends).map(|(at, _)| at);
                self.0.swap_remove(spare.unwrap_or_default());
            }
            self.0.push(Load {
                sitekey,
                rule: rule.into(),
                requests: Counted::default(),
                by_network: Vec::new(),
                holds_until: 0,
                previews: Counted::default(),
            });
        }
        let at = known.unwrap_or(self.0.len() - 1);
        self.0.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{Level, Protection};

    use super::*;

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
        ["0", "4"]
            .map(|last| Sitekey::from_trusted(&format!("mj_{}{last}", "0".repeat(25))).unwrap())
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
        let (mut loads, rule) = (Loads::default(), guard("/*", Some(5)));
        let mut visitors = (0..).map(network);
        let mut note = |site: usize, rule: &Guard, second| {
            loads.note(sites()[site], rule, visitors.next().unwrap(), at(second))
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
        assert!(!note(0, &guard("/a", Some(5)), 61));
        assert!(note(0, &rule, 60 + LASTS - 1));
        assert!(!note(0, &rule, 60 + LASTS));
    }

    #[test]
    fn a_flood_from_few_networks_has_no_one_else_asked() {
        let (mut loads, rule) = (Loads::default(), guard("/*", Some(50)));
        let mut held = |from: u64, second, requests| {
            let mut note = || loads.note(sites()[0], &rule, network(from), at(second));
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
        let (mut loads, rule) = (Loads::default(), guard("/*", Some(2_000)));
        let mut held = |from: u64, requests| {
            (0..requests).filter(|_| loads.note(sites()[0], &rule, network(from), at(0))).count()
        };
        assert_eq!(held(0, 30_000), 10_000);
        assert_eq!((1..10_000).map(|from| held(from, 1)).sum::<usize>(), 0);
    }

    #[test]
    fn a_rule_without_a_limit_always_holds_and_takes_no_memory() {
        let mut loads = Loads::default();
        assert!(loads.note(sites()[0], &guard("/*", None), network(0), at(0)));
        assert!(loads.0.is_empty());
        assert!(loads.note(sites()[0], &guard("/*", Some(0)), network(0), at(0)));
    }

    #[test]
    fn a_rule_lets_few_previews_through_in_a_minute() {
        let (mut loads, rule) = (Loads::default(), guard("/*", None));
        let minute = BEGIN.next_multiple_of(60) - BEGIN;
        let mut through = |rule: &Guard, site: usize, second| {
            let mut note = || loads.note_preview(sites()[site], rule, at(minute + second));
            u64::try_from((0..100).filter(|_| note()).count()).unwrap()
        };
        assert_eq!([through(&rule, 0, 0), through(&rule, 0, 59)], [PREVIEWS, 0]);
        // What one rule has used up is another's no less.
        assert_eq!(through(&guard("/a", None), 0, 59), PREVIEWS);
        assert_eq!(through(&rule, 1, 59), PREVIEWS);
        assert_eq!(through(&rule, 0, 60), PREVIEWS);
    }

    #[test]
    fn memory_is_bounded() {
        let mut loads = Loads::default();
        for number in 0..3 * MAX_RULES {
            let rule = guard(&format!("/{number}"), Some(1));
            loads.note(sites()[number % 2], &rule, network(0), at(0));
        }
        assert!(loads.0.len() <= MAX_RULES);
    }

    #[test]
    fn rules_of_others_do_not_end_one_that_holds() {
        let mut loads = Loads::default();
        assert!(loads.note(sites()[0], &guard("/*", Some(0)), network(0), at(0)));
        for number in 0..3 * MAX_RULES {
            loads.note_preview(sites()[1], &guard(&format!("/{number}"), None), at(1));
            loads.note(sites()[1], &guard(&format!("/{number}/"), Some(5)), network(0), at(1));
        }
        // One request is no load by itself.
        assert!(loads.note(sites()[0], &guard("/*", Some(5)), network(0), at(1)));
    }
}
