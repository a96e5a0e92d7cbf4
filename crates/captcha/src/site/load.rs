//! How busy paths are whose rules hold only under load, and how many link
//! previews rules let through. Each process counts for itself, so that a check
//! asks no store.

use munjigi_keys::UnixMillis;

use super::Guard;
use crate::credentials::Sitekey;

/// Seconds that requests are counted over.
const WINDOW: u64 = 10;

/// Seconds that a rule still holds after its paths were busy: one that came and
/// went with every window would ask some visitors and not others.
const LASTS: u64 = 60;

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
    requests: Counted,
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

impl Loads {
    /// Counts a request that a rule matches, and says whether the rule holds.
    pub fn note(&mut self, sitekey: Sitekey, guard: &Guard, now: UnixMillis) -> bool {
        let Some(above) = guard.above_per_second else { return true };
        let seconds = now.seconds();
        let Some(load) = self.of(sitekey, guard) else { return true };
        if load.requests.add(seconds / WINDOW) > u64::from(above) * WINDOW {
            load.holds_until = seconds + LASTS;
        }
        seconds < load.holds_until
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
            let (requests, previews) = (Counted::default(), Counted::default());
            self.0.push(Load { sitekey, rule: rule.into(), requests, holds_until: 0, previews });
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

    #[test]
    fn a_rule_under_load_begins_with_the_load_and_ends_a_minute_after_it() {
        let (mut loads, rule) = (Loads::default(), guard("/*", Some(5)));
        // Five a second for a minute are no load.
        for second in 0..60 {
            for _ in 0..5 {
                assert!(!loads.note(sites()[0], &rule, at(second)), "{second}");
            }
        }
        let held = (0..60).filter(|_| loads.note(sites()[0], &rule, at(60))).count();
        assert_eq!(held, 10);
        // Neither another site nor another rule is under load by that.
        assert!(!loads.note(sites()[1], &rule, at(61)));
        assert!(!loads.note(sites()[0], &guard("/a", Some(5)), at(61)));
        assert!(loads.note(sites()[0], &rule, at(60 + LASTS - 1)));
        assert!(!loads.note(sites()[0], &rule, at(60 + LASTS)));
    }

    #[test]
    fn a_rule_without_a_limit_always_holds_and_takes_no_memory() {
        let mut loads = Loads::default();
        assert!(loads.note(sites()[0], &guard("/*", None), at(0)));
        assert!(loads.0.is_empty());
        assert!(loads.note(sites()[0], &guard("/*", Some(0)), at(0)));
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
            loads.note(sites()[number % 2], &guard(&format!("/{number}"), Some(1)), at(0));
        }
        assert!(loads.0.len() <= MAX_RULES);
    }

    #[test]
    fn rules_of_others_do_not_end_one_that_holds() {
        let mut loads = Loads::default();
        assert!(loads.note(sites()[0], &guard("/*", Some(0)), at(0)));
        for number in 0..3 * MAX_RULES {
            loads.note_preview(sites()[1], &guard(&format!("/{number}"), None), at(1));
            loads.note(sites()[1], &guard(&format!("/{number}/"), Some(5)), at(1));
        }
        // One request is no load by itself.
        assert!(loads.note(sites()[0], &guard("/*", Some(5)), at(1)));
    }
}
