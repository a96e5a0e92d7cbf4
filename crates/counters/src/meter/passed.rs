//! Which addresses passed on a site today before it was flooded. A pass has a
//! time, and a flood a beginning and an end: an address that passes first during
//! one, or within a half-life of it, is not one of these. Otherwise a flood would buy
//! its own exemption with its first solutions, however late a process tells of
//! them and whatever pauses the flood makes.

use std::collections::BTreeMap;

use crate::sorted::sorted;

/// Addresses of a site and a day: half a megabyte.
const MOST: usize = 65_536;

/// Addresses of all sites.
const MOST_TOGETHER: usize = 1_000_000;

/// Sites that are remembered.
const MOST_SITES: usize = 16_384;

/// Half-lives after which a pass counts.
const WAIT: u64 = 2;

/// A flood that comes again within this many half-lives is the same one.
const SAME_FLOOD: u64 = 6;

/// Floods of a site that are told apart; the earliest ones become one.
const MOST_FLOODS: usize = 16;

/// Passes that may wait to be put in order.
const MOST_FRESH: usize = 1_024;

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
    /// Passes by name, each with the half-life in which it was first.
    today: Vec<Pass>,
    /// The same, in the order in which they came.
    fresh: Vec<Pass>,
    /// Found for a while after midnight.
    yesterday: Vec<u32>,
    floods: Vec<Flood>,
    /// The half-life of the last change.
    last: u64,
}

/// A name, and the half-life in which it passed, in the lower 32 bits: in the
/// order of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pass(u64);

impl Pass {
    const fn of((name, window): (u32, u32)) -> Self {
        Self((name as u64) << 32 | window as u64)
    }

    const fn name(self) -> u32 {
        (self.0 >> 32) as u32
    }

    const fn window(self) -> u64 {
        self.0 & 0xffff_ffff
    }
}

/// The half-lives in which a site was flooded, both included.
#[derive(Debug, Clone, Copy)]
struct Flood {
    first: u64,
    last: u64,
}

/// When something happens: the half-life, and the day since 1970.
#[derive(Debug, Clone, Copy)]
pub struct When {
    pub window: u64,
    pub day: u64,
}

impl PassedBySite {
    /// Adds addresses that passed, each with its half-life.
    pub fn add(&mut self, site: u64, names: &[(u32, u32)], now: When) {
        if self.together >= MOST_TOGETHER {
            self.tidy(now);
            self.make_room();
        }
        self.change(site, now, |site| {
            let came = |name: &&(u32, u32)| {
                let window = u64::from(name.1);
                window <= now.window + 1 && !site.is_flooded_in(window)
            };
            let room = MOST.saturating_sub(site.today.len() + site.fresh.len());
            let names: Vec<Pass> =
                names.iter().filter(came).take(room).map(|name| Pass::of(*name)).collect();
            site.fresh.extend(names);
            if site.fresh.len() >= MOST_FRESH {
                site.order();
            }
        });
    }

    /// Notes that a site is flooded, and since which half-life.
    pub fn flooded(&mut self, site: u64, since: u64, now: When) {
        let since = since.min(now.window);
        self.change(site, now, |site| {
            let same = |flood: &&mut Flood| now.window <= flood.last + SAME_FLOOD;
            if let Some(flood) = site.floods.iter_mut().find(same) {
                flood.first = flood.first.min(since);
                flood.last = flood.last.max(now.window);
            } else {
                let full = site.floods.len() >= MOST_FLOODS;
                if let [first, second, ..] = &mut site.floods[..]
                    && full
                {
                    second.first = first.first;
                    site.floods.remove(0);
                }
                site.floods.push(Flood { first: since, last: now.window });
            }
            site.order();
            let mut names = core::mem::take(&mut site.today);
            names.retain(|pass| !site.is_flooded_in(pass.window()));
            site.today = names;
        });
    }

    /// Who passed on a site, today or yesterday, and not in a flood.
    pub fn of(&mut self, site: u64, now: When) -> Vec<u32> {
        let mut names = Vec::new();
        self.change(site, now, |site| {
            site.order();
            let counts = |pass: &&Pass| pass.window() + WAIT <= now.window;
            names.extend(site.today.iter().filter(counts).map(|pass| pass.name()));
            names.extend_from_slice(&site.yesterday);
        });
        names
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

    /// Removes half of the addresses of the site that has most, so that one
    /// site's many addresses never push those of another out.
    fn make_room(&mut self) {
        let Some(most) = self.sites.values_mut().max_by_key(|site| site.len()) else { return };
        let before = most.len();
        most.order();
        most.yesterday.clear();
        // The earliest stay: they came before an attacker who fills the list.
        let sum: u64 = most.today.iter().map(|pass| pass.window()).sum();
        let mean = sum / (most.today.len() as u64).max(1);
        most.today.retain(|pass| pass.window() < mean);
        most.today.truncate(before / 2);
        self.together = self.together + most.len() - before;
    }

    fn change(&mut self, key: u64, now: When, change: impl FnOnce(&mut Site)) {
        if self.sites.len() >= MOST_SITES && !self.sites.contains_key(&key) {
            self.tidy(now);
            let oldest = self.sites.iter().min_by_key(|(_, site)| site.last);
            let oldest = oldest.map(|(key, _)| *key).filter(|_| self.sites.len() >= MOST_SITES);
            let gone = oldest.and_then(|key| self.sites.remove(&key));
            self.together -= gone.map_or(0, |site| site.len());
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
        self.today.len() + self.fresh.len() + self.yesterday.len()
    }

    /// Whether what passed in a half-life may have come with a flood: from the
    /// one before its beginning to the one after its end.
    fn is_flooded_in(&self, window: u64) -> bool {
        self.floods.iter().any(|it| (it.first..=it.last + 2).contains(&(window + 1)))
    }

    /// Puts what is new in its place; an address passed when it passed first.
    fn order(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        self.today.append(&mut self.fresh);
        self.today = sorted(core::mem::take(&mut self.today));
        self.today.dedup_by_key(|pass| pass.name());
    }

    /// Begins a new day.
    fn turn(&mut self, now: When) {
        self.last = now.window;
        if now.day > self.day {
            self.order();
            let names = core::mem::take(&mut self.today);
            let follows = now.day == self.day + 1;
            self.yesterday = names.iter().filter(|_| follows).map(|pass| pass.name()).collect();
            self.day = now.day;
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

    fn names(names: &[u32], window: u32) -> Vec<(u32, u32)> {
        names.iter().map(|name| (*name, window)).collect()
    }

    #[test]
    fn a_pass_counts_when_no_flood_follows() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &names(&[1, 2], 1), at(1));
        passed.add(SITE, &names(&[2, 3], 2), at(2));
        assert!(passed.of(SITE, at(2)).is_empty());
        assert_eq!(passed.of(SITE, at(3)), [1, 2]);
        // A flood begins: those of the last half-life may be its own.
        passed.flooded(SITE, 3, at(3));
        assert_eq!(passed.of(SITE, at(9)), [1, 2]);
        assert!(passed.of(8, at(9)).is_empty());
    }

    #[test]
    fn no_one_is_added_during_a_flood() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &names(&[1], 1), at(1));
        passed.flooded(SITE, 4, at(4));
        for window in 3..=6 {
            passed.add(SITE, &names(&[window], window), at(window.into()));
        }
        assert_eq!(passed.of(SITE, at(9)), [1, 6]);
    }

    #[test]
    fn passes_that_are_told_late_count_by_their_time() {
        let mut passed = PassedBySite::default();
        passed.flooded(SITE, 10, at(10));
        passed.flooded(SITE, 16, at(16));
        // A process that noticed nothing until now, with passes of its own.
        let own = [names(&[1], 8), names(&[2], 9), names(&[3], 12), names(&[4], 17)].concat();
        passed.add(SITE, &own, at(17));
        assert_eq!(passed.of(SITE, at(17)), [1]);
        // Another saw the flood earlier still.
        passed.flooded(SITE, 9, at(17));
        assert!(passed.of(SITE, at(17)).is_empty());
    }

    #[test]
    fn a_flood_that_pauses_is_one_flood() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &names(&[1], 1), at(1));
        for window in [10, 14, 18] {
            passed.flooded(SITE, window, at(window));
        }
        passed.add(SITE, &[names(&[2], 12), names(&[3], 16)].concat(), at(18));
        passed.flooded(SITE, 40, at(40));
        passed.add(SITE, &names(&[4], 30), at(41));
        assert_eq!(passed.of(SITE, at(42)), [1, 4]);
        for flood in 0..100 {
            passed.flooded(SITE, 50 + 10 * flood, at(50 + 10 * flood));
        }
        // Of so many, the first have become one.
        assert_eq!(passed.of(SITE, at(2_000)), [1]);
        assert!(passed.sites.values().all(|site| site.floods.len() <= MOST_FLOODS));
    }

    #[test]
    fn a_day_later_they_are_yesterdays_and_then_forgotten() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &names(&[1], 1), at(1));
        assert_eq!(passed.of(SITE, at(3)), [1]);
        passed.add(SITE, &names(&[2], 4), When { window: 4, day: 1 });
        assert_eq!(passed.of(SITE, When { window: 6, day: 1 }), [2, 1]);
        assert_eq!(passed.of(SITE, When { window: 7, day: 2 }), [2]);
        assert!(passed.of(SITE, When { window: 8, day: 4 }).is_empty());
    }

    #[test]
    fn it_is_bounded() {
        let mut passed = PassedBySite::default();
        for number in 0..200 {
            let all: Vec<u32> = (0..1_000).map(|name| number * 1_000 + name).collect();
            passed.add(SITE, &names(&all, number), at(number.into()));
        }
        assert!(passed.of(SITE, at(300)).len() <= MOST);
        for site in 0..100_000 {
            passed.add(site, &names(&(0..100).collect::<Vec<_>>(), 1), at(1));
        }
        let together: usize = passed.sites.values().map(Site::len).sum();
        assert_eq!(together, passed.together);
        assert!(passed.sites.len() <= MOST_SITES && passed.together <= MOST_TOGETHER + 100);
        // Another day makes room.
        passed.add(1 << 40, &names(&[5], 9), When { window: 9, day: 1 });
        assert_eq!(passed.of(1 << 40, When { window: 11, day: 1 }), [5]);
    }

    #[test]
    fn many_addresses_of_one_site_push_out_none_of_another() {
        let mut passed = PassedBySite::default();
        passed.add(SITE, &names(&[1, 2, 3], 1), at(1));
        for site in 100..120 {
            for first in (0..60_000).step_by(1_000) {
                passed.add(site, &names(&(first..first + 1_000).collect::<Vec<_>>(), 2), at(2));
            }
        }
        assert!(passed.together <= MOST_TOGETHER + 1_000);
        passed.add(SITE, &names(&[4], 3), at(3));
        assert_eq!(passed.of(SITE, at(9)), [1, 2, 3, 4]);
    }
}
