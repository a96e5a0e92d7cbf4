//! What is usual: for each site, system and software the average over the last
//! days, each half-life weighing the same however much happened in it, and what
//! is new for a little. An attack of an hour is therefore a small part of a
//! day's average, and a new release of a browser becomes usual within days.

use std::collections::BTreeMap;

use crate::counters::{Kind, TICKS_PER_HALF_LIFE, Usual, decayed};

/// A site's averages are known after this many half-lives in which enough was
/// seen.
const ENOUGH: u32 = 4 * WHOLE;

/// Networks in a half-life from which a site's shares mean something.
const FEW: u32 = 8;

/// Challenges by which a site may exceed twice its average.
const LITTLE: u32 = 64;

/// One, for shares.
const WHOLE: u32 = 1_024;

/// The past weighs half as much after a day.
const HALF_LIFE_SECONDS: u64 = 86_400;

/// Sites, and systems and software of sites, that are remembered.
const MOST: usize = 16_384;

/// How many half-lives a part of a site may be silent before what it did last
/// is forgotten.
const SILENCE: usize = 4;

/// Averages by name.
#[derive(Debug)]
pub struct History {
    windows_per_half_life: u64,
    sites: BTreeMap<u64, Site>,
    parts: BTreeMap<(Kind, u64), Sum>,
}

/// A site over half-lives of the counters.
#[derive(Debug, Clone, Copy, Default)]
struct Site {
    /// How many of them count, times [`WHOLE`].
    windows: Sum,
    /// Challenges issued, as counted at their ends.
    issued: Sum,
    /// The last ones and how many networks were seen in each.
    last: [(u64, u32); SILENCE],
}

/// A sum that decays, and the half-life that was added last.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    window: u64,
    value: u32,
}

impl Sum {
    fn at(&self, window: u64, per_half_life: u64) -> Self {
        let tick = |window: u64| window * TICKS_PER_HALF_LIFE / per_half_life;
        let passed = tick(window).saturating_sub(tick(self.window));
        Self { window: self.window.max(window), value: decayed(self.value, passed) }
    }

    fn add(&mut self, value: u32, window: u64, per_half_life: u64) {
        *self = self.at(window, per_half_life);
        self.value = self.value.saturating_add(value);
    }
}

impl History {
    /// An empty one, for counters with this half-life.
    pub fn new(half_life_seconds: u32) -> Self {
        let windows = HALF_LIFE_SECONDS / u64::from(half_life_seconds.max(1));
        Self {
            windows_per_half_life: windows.max(1),
            sites: BTreeMap::new(),
            parts: BTreeMap::new(),
        }
    }

    /// Adds a half-life of a site that has ended, once.
    pub fn site(&mut self, key: u64, window: u64, networks: u32, issued: u32) {
        let per_half_life = self.windows_per_half_life;
        if self.sites.len() >= MOST && !self.sites.contains_key(&key) {
            forget(&mut self.sites, |site| site.windows.at(window, per_half_life).value);
        }
        // An attack must not become usual within hours.
        let most = self.usual_load(key, window).map_or(u32::MAX, |usual| 2 * usual + LITTLE);
        let site = self.sites.entry(key).or_default();
        let [(last, _), ..] = site.last;
        if window <= last && last != 0 {
            return;
        }
        site.last.rotate_right(1);
        if let Some(first) = site.last.first_mut() {
            *first = (window, networks);
        }
        if networks >= FEW {
            site.windows.add(WHOLE, window, per_half_life);
            site.issued.add(issued.min(most), window, per_half_life);
        }
    }

    /// Adds a half-life of a part of a site, a system or software, once; after
    /// [`Self::site`] for the same half-life.
    pub fn part(&mut self, site: u64, kind: Kind, key: u64, window: u64, networks: u32) {
        let per_half_life = self.windows_per_half_life;
        let site = self.sites.get(&site).copied().unwrap_or_default();
        let whole = site.last.iter().find(|(of, _)| *of == window).map_or(0, |(_, whole)| *whole);
        if whole < FEW {
            return;
        }
        if self.parts.len() >= MOST && !self.parts.contains_key(&(kind, key)) {
            forget(&mut self.parts, |part| part.at(window, per_half_life).value);
        }
        let share = (networks.saturating_mul(WHOLE) / whole).min(WHOLE);
        let most = match self.share(&site, (kind, key), window) {
            Some(usual) => 2 * usual + WHOLE / 32,
            None => WHOLE,
        };
        let part = self.parts.entry((kind, key)).or_default();
        if window > part.window {
            part.add(share.min(most), window, per_half_life);
        }
    }

    /// Gives a part the history that it has under its name of the day before.
    pub fn rename(&mut self, kind: Kind, formerly: u64, key: u64) {
        let full = self.parts.len() >= MOST;
        if let Some(sum) = self.parts.get(&(kind, formerly)).copied().filter(|_| !full) {
            self.parts.entry((kind, key)).or_insert(sum);
        }
    }

    /// What is usual for a name of a site. As long as nothing is known, what a
    /// site issues `now` is usual.
    pub fn usual(&self, site: u64, kind: Kind, key: u64, window: u64, now: u32) -> Usual {
        let site = self.sites.get(&site).copied().unwrap_or_default();
        match self.share(&site, (kind, key), window) {
            Some(share) => Usual {
                share: u16::try_from(share).ok(),
                issued: self.average(&site, site.issued, window),
            },
            None => Usual { share: None, issued: now },
        }
    }

    /// Challenges that a site usually issues; `None` while too little is known.
    fn usual_load(&self, site: u64, window: u64) -> Option<u32> {
        let site = self.sites.get(&site)?;
        let known = site.windows.at(window, self.windows_per_half_life).value >= ENOUGH;
        known.then(|| self.average(site, site.issued, window))
    }

    /// A part's usual share of a site; `None` while too little is known.
    fn share(&self, site: &Site, part: (Kind, u64), window: u64) -> Option<u32> {
        let known = site.windows.at(window, self.windows_per_half_life).value >= ENOUGH;
        let part = self.parts.get(&part).copied().unwrap_or_default();
        known.then(|| self.average(site, part, window).min(WHOLE))
    }

    /// A sum per half-life of a site.
    fn average(&self, site: &Site, sum: Sum, window: u64) -> u32 {
        let value = |sum: Sum| u64::from(sum.at(window, self.windows_per_half_life).value);
        let average = value(sum) * u64::from(WHOLE) / value(site.windows).max(1);
        u32::try_from(average).unwrap_or(u32::MAX)
    }
}

/// Drops half of the entries, those that matter least: a part without a
/// history has no usual share, which is what a small one amounts to.
fn forget<K: Ord + Copy, V>(entries: &mut BTreeMap<K, V>, matters: impl Fn(&V) -> u32) {
    let mut ranked: Vec<(u32, K)> =
        entries.iter().map(|(key, value)| (matters(value), *key)).collect();
    ranked.sort_unstable();
    for (_, key) in ranked.get(..ranked.len() / 2).unwrap_or_default() {
        entries.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: u64 = 7;
    const COMMON: u64 = 1;
    const RARE: u64 = 2;

    fn usual(history: &History, stack: u64, window: u64) -> Option<u16> {
        history.usual(SITE, Kind::Stack, stack, window, 0).share
    }

    /// Half-lives in which a common software had half of a site's networks.
    fn calm(history: &mut History, windows: core::ops::Range<u64>) {
        for window in windows {
            history.site(SITE, window, 100, 200);
            history.part(SITE, Kind::Stack, COMMON, window, 50);
        }
    }

    #[test]
    fn what_was_seen_four_times_is_usual() {
        let mut history = History::new(300);
        let unknown = history.usual(SITE, Kind::Site, SITE, 1, 9);
        assert_eq!(unknown, Usual { share: None, issued: 9 });
        calm(&mut history, 1..4);
        assert_eq!(usual(&history, COMMON, 4), None);
        calm(&mut history, 4..5);
        assert_eq!((usual(&history, COMMON, 5), usual(&history, RARE, 5)), (Some(512), Some(0)));
        assert_eq!(history.usual(SITE, Kind::Site, SITE, 5, 9).issued, 200);
    }

    #[test]
    fn an_hour_does_not_become_usual() {
        let mut history = History::new(300);
        calm(&mut history, 1..289);
        let attack = |history: &mut History, windows| {
            for window in windows {
                history.site(SITE, window, 10_000, 20_000);
                history.part(SITE, Kind::Stack, RARE, window, 9_000);
            }
        };
        attack(&mut history, 289..301);
        let share = usual(&history, RARE, 301).unwrap();
        assert!(share <= 2, "{share}");
        // After four days it is.
        attack(&mut history, 301..1_453);
        let share = usual(&history, RARE, 1_453).unwrap();
        assert!(share > 512, "{share}");
    }

    #[test]
    fn an_attack_of_hours_hardly_changes_what_a_site_issues() {
        let mut history = History::new(300);
        calm(&mut history, 1..289);
        for window in 289..433 {
            history.site(SITE, window, 10_000, 20_000);
        }
        let usual = history.usual(SITE, Kind::Site, SITE, 433, 0).issued;
        // Without the bound, about 6,000.
        assert!(usual <= 600, "{usual}");
    }

    #[test]
    fn what_is_usual_outlives_the_days_name() {
        let mut history = History::new(300);
        calm(&mut history, 1..5);
        history.rename(Kind::Stack, COMMON, 9);
        assert_eq!(usual(&history, 9, 5), Some(512));
        // What it has now under the new name is its own.
        history.site(SITE, 5, 100, 200);
        history.part(SITE, Kind::Stack, 9, 5, 0);
        history.rename(Kind::Stack, COMMON, 9);
        assert_eq!(usual(&history, 9, 6), Some(409));
        history.rename(Kind::Stack, 77, 10);
        assert_eq!(usual(&history, 10, 6), Some(0));
    }

    #[test]
    fn a_half_life_counts_once_and_a_quiet_one_not_at_all() {
        let mut history = History::new(300);
        calm(&mut history, 1..5);
        let before = usual(&history, COMMON, 5);
        history.part(SITE, Kind::Stack, COMMON, 4, 100);
        history.site(SITE, 4, 100, 9_000);
        history.site(SITE, 5, 2, 2);
        history.part(SITE, Kind::Stack, COMMON, 5, 2);
        // The site did not have this one.
        history.part(SITE, Kind::Stack, COMMON, 9, 50);
        assert_eq!(usual(&history, COMMON, 6), before);
        assert_eq!(history.usual(SITE, Kind::Site, SITE, 6, 0).issued, 200);
    }

    #[test]
    fn a_part_may_be_silent_for_a_while() {
        let mut history = History::new(300);
        for window in 1..4 {
            history.site(SITE, window, 100, 200);
        }
        history.part(SITE, Kind::System, 5, 2, 100);
        history.site(SITE, 4, 100, 200);
        let usual = history.usual(SITE, Kind::System, 5, 5, 0);
        assert_eq!(usual.share, Some(256));
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::new(300);
        calm(&mut history, 1..5);
        history.site(SITE, 5, 1_000_000, 1);
        for key in 10..100_000 {
            history.part(SITE, Kind::Stack, key, 5, 10);
            history.site(key, 5, 1, 1);
        }
        assert!(history.parts.len() <= MOST && history.sites.len() <= MOST);
        assert_eq!(usual(&history, COMMON, 6), Some(409));
    }
}
