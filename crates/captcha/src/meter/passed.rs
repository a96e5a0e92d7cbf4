//! Which addresses passed on a site today before it was flooded. A flood lasts
//! as long as processes say so; whoever passes first during one, or within the
//! half-life before it, is not one of these: otherwise a flood would buy its own
//! exemption with its first solutions.

use std::collections::BTreeMap;

/// Addresses of a site and a day: a quarter of a megabyte.
const MOST: usize = 65_536;

/// Addresses of all sites.
const MOST_TOGETHER: usize = 1_000_000;

/// Sites that are remembered.
const MOST_SITES: usize = 16_384;

/// Half-lives after which a pass counts.
const WAIT: u64 = 2;

/// Addresses by site, by names that change every day.
#[derive(Debug, Default)]
pub struct PassedBySite {
    sites: BTreeMap<u64, Site>,
    together: usize,
    /// The day on which room was made last.
    tidied: u64,
}

#[derive(Debug, Default)]
struct Site {
    day: u64,
    today: Vec<u32>,
    /// Found for a while after midnight.
    yesterday: Vec<u32>,
    /// By the half-life in which they passed.
    waiting: Vec<(u64, Vec<u32>)>,
    /// The last half-life in which the site was flooded.
    flooded: Option<u64>,
}

/// When something happens: the half-life, and the day since 1970.
#[derive(Debug, Clone, Copy)]
pub struct When {
    pub window: u64,
    pub day: u64,
}

impl PassedBySite {
    /// Adds addresses that passed.
    pub fn add(&mut self, site: u64, names: &[u32], now: When) {
        if self.together >= MOST_TOGETHER {
            self.tidy(now);
        }
        let full = self.together >= MOST_TOGETHER;
        self.change(site, now, |site| {
            let flooded = site.flooded.is_some_and(|last| now.window <= last + 1);
            let waiting: usize = site.waiting.iter().map(|(_, names)| names.len()).sum();
            if full || flooded || site.today.len() + waiting >= MOST {
                return;
            }
            match site.waiting.iter_mut().find(|(window, _)| *window == now.window) {
                Some((_, known)) => known.extend_from_slice(names),
                None => site.waiting.push((now.window, names.to_vec())),
            }
        });
    }

    /// Adds addresses that are known to have passed before a flood.
    pub fn recall(&mut self, site: u64, names: &[u32], now: When) {
        let full = self.together >= MOST_TOGETHER;
        self.change(site, now, |site| {
            if full || site.today.len() >= MOST {
                return;
            }
            site.today.extend_from_slice(names);
            site.today.sort_unstable();
            site.today.dedup();
        });
    }

    /// Notes that a site is flooded.
    pub fn flooded(&mut self, site: u64, now: When) {
        self.change(site, now, |site| {
            site.waiting.clear();
            site.flooded = Some(now.window);
        });
    }

    /// Who passed on a site, today or yesterday.
    pub fn of(&mut self, site: u64, now: When) -> Vec<u32> {
        let mut names = Vec::new();
        self.change(site, now, |site| {
            names.extend_from_slice(&site.today);
            names.extend_from_slice(&site.yesterday);
        });
        names
    }

    /// How many those are.
    pub fn count(&mut self, site: u64, now: When) -> u32 {
        let mut count = 0;
        self.change(site, now, |site| count = site.today.len() + site.yesterday.len());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Forgets sites without visits today, once a day.
    fn tidy(&mut self, now: When) {
        if now.day <= self.tidied {
            return;
        }
        self.tidied = now.day;
        self.sites.retain(|_, site| site.day >= now.day);
        self.together = self.sites.values().map(Site::len).sum();
    }

    fn change(&mut self, key: u64, now: When, change: impl FnOnce(&mut Site)) {
        if self.sites.len() >= MOST_SITES && !self.sites.contains_key(&key) {
            self.tidy(now);
            if self.sites.len() >= MOST_SITES {
                return;
            }
        }
        let site = self.sites.entry(key).or_default();
        let before = site.len();
        site.turn(now);
        change(site);
        self.together = self.together + site.len() - before;
    }
}

impl Site {
    fn len(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(|(_, names)| names.len()).sum();
        self.today.len() + self.yesterday.len() + waiting
    }

    /// Counts those who have waited for long enough, and begins a new day.
    fn turn(&mut self, now: When) {
        if now.day > self.day {
            let today = core::mem::take(&mut self.today);
            self.yesterday = if now.day == self.day + 1 { today } else { Vec::new() };
            self.day = now.day;
        }
        let before = self.today.len();
        for (_, names) in self.waiting.extract_if(.., |(window, _)| *window + WAIT <= now.window) {
            self.today.extend(names);
        }
        if self.today.len() > before {
            self.today.sort_unstable();
            self.today.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: u64 = 7;

    const fn at(window: u64) -> When {
        When { window, day: 0 }
    }

    #[test]
    fn a_pass_counts_when_no_flood_follows() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &[1, 2], at(1));
        passed.add(SITE, &[2, 3], at(2));
        assert!(passed.of(SITE, at(2)).is_empty());
        assert_eq!(passed.of(SITE, at(3)), [1, 2]);
        // A flood begins: those of the last half-life may be its own.
        passed.flooded(SITE, at(3));
        assert_eq!(passed.of(SITE, at(9)), [1, 2]);
        assert!(passed.of(8, at(9)).is_empty());
    }

    #[test]
    fn nobody_is_added_during_a_flood() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &[1], at(1));
        passed.flooded(SITE, at(4));
        passed.add(SITE, &[2], at(4));
        passed.add(SITE, &[3], at(5));
        passed.add(SITE, &[4], at(6));
        assert_eq!(passed.of(SITE, at(9)), [1, 4]);
    }

    #[test]
    fn a_day_later_they_are_yesterdays_and_then_forgotten() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &[1], at(1));
        assert_eq!(passed.of(SITE, at(3)), [1]);
        passed.add(SITE, &[2], When { window: 4, day: 1 });
        assert_eq!(passed.of(SITE, When { window: 6, day: 1 }), [2, 1]);
        assert_eq!(passed.count(SITE, When { window: 6, day: 1 }), 2);
        assert_eq!(passed.of(SITE, When { window: 7, day: 2 }), [2]);
        assert!(passed.of(SITE, When { window: 8, day: 4 }).is_empty());
    }

    #[test]
    fn it_is_bounded() {
        let mut passed = PassedBySite::default();
        for number in 0..200 {
            let names: Vec<u32> = (0..1_000).map(|name| number * 1_000 + name).collect();
            passed.add(SITE, &names, at(u64::from(number)));
        }
        assert!(passed.of(SITE, at(300)).len() <= MOST + 1_000);
        for site in 0..100_000 {
            passed.add(site, &[1; 100], at(1));
        }
        assert!(passed.sites.len() <= MOST_SITES && passed.together <= MOST_TOGETHER + 100);
        // Another day makes room.
        passed.add(1 << 40, &[5], When { window: 9, day: 1 });
        assert_eq!(passed.of(1 << 40, When { window: 11, day: 1 }), [5]);
    }
}
