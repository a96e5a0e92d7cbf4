//! How busy paths are whose rules hold only under load. Each process counts for
//! itself, so that a check asks no store.

use munjigi_keys::UnixMillis;

use super::Guard;
use crate::credentials::Sitekey;

/// Seconds that requests are counted over.
const WINDOW: u64 = 10;

/// Seconds that a rule still holds after its paths were busy: one that came and
/// went with every window would ask some visitors and not others.
const LASTS: u64 = 60;

/// Most rules that are counted for. Beyond them, all begin again.
const MAX_RULES: usize = 1_024;

/// The load of rules. There are few, so that they are searched in turn.
#[derive(Debug, Default)]
pub struct Loads(Vec<Load>);

#[derive(Debug)]
struct Load {
    sitekey: Sitekey,
    rule: Box<str>,
    /// The window that is counted, in windows since 1970.
    window: u64,
    requests: u64,
    /// Until when the rule holds, in seconds since 1970.
    holds_until: u64,
}

impl Loads {
    /// Counts a request that a rule matches, and says whether the rule holds.
    pub fn note(&mut self, sitekey: Sitekey, guard: &Guard, now: UnixMillis) -> bool {
        let Some(above) = guard.above_per_second else { return true };
        let (rule, seconds) = (guard.name(), now.seconds());
        let window = seconds / WINDOW;
        let is_its = |load: &Load| load.sitekey == sitekey && *load.rule == *rule;
        let known = self.0.iter().position(is_its);
        if known.is_none() {
            if self.0.len() >= MAX_RULES {
                self.0.clear();
            }
            self.0.push(Load { sitekey, rule: rule.into(), window, requests: 0, holds_until: 0 });
        }
        let load = match known {
            Some(at) => self.0.get_mut(at),
            None => self.0.last_mut(),
        };
        let Some(load) = load else { return true };
        if load.window != window {
            (load.window, load.requests) = (window, 0);
        }
        load.requests += 1;
        if load.requests > u64::from(above) * WINDOW {
            load.holds_until = seconds + LASTS;
        }
        seconds < load.holds_until
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
    fn memory_is_bounded() {
        let mut loads = Loads::default();
        for number in 0..3 * MAX_RULES {
            loads.note(sites()[number % 2], &guard(&format!("/{number}"), Some(1)), at(0));
        }
        assert!(loads.0.len() <= MAX_RULES);
    }
}
