//! What is usual: for each site the average over the last days, and for each of
//! its blocks, systems and programs the share of its people, each half-life
//! weighing the same however much happened in it, and what is new for a little.
//! An attack of an hour is therefore a small part of a day's average, and a new
//! release of a browser becomes usual within days. Once
//! the shares of a site are known, visitors who were charged are no part of them:
//! what an attack pays for does not become usual. Before that, everybody is: on a
//! site whose people all have one program, they would never be known.
//!
//! **usual**: a site's own average over days, and the shares of its visitors'
//! software and networks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sorted::sorted;
use crate::{Kind, TICKS_PER_HALF_LIFE, Usual, decayed};
use munjigi_format::Format;

/// A site's average is known after this many half-lives in which enough was
/// seen…
const ENOUGH: u32 = 4 * WHOLE;

/// …and its shares after an hour of them: the first to come is not yet usual.
const ENOUGH_FOR_SHARES: u32 = 12 * WHOLE;

/// By how much a part's share rises in a half-life in which most who have it are
/// charged: half of one in a hundred in a day.
const SLOWLY: u32 = WHOLE / 128;

/// What one half-life of a site counts for at most, as long as nothing is known
/// of it.
const UNKNOWN: u32 = 6_000;

/// Networks in a half-life from which a site's shares mean something.
const FEW: u32 = 8;

/// Challenges by which a site may exceed twice its average.
const LITTLE: u32 = 64;

/// One, for shares.
const WHOLE: u32 = 65_536;

/// The past weighs half as much after a day.
const HALF_LIFE_SECONDS: u64 = 86_400;

/// Sites, and systems and software of sites, that are remembered.
const MOST: usize = 16_384;

/// How many half-lives a part of a site may be silent before what it did last
/// is forgotten.
const SILENCE: usize = 4;

/// Averages by name. Its bytes are those that [`History::keep`] writes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    windows_per_half_life: u64,
    sites: BTreeMap<u64, Site>,
    parts: BTreeMap<(Kind, u64), Sum>,
    /// Whether something was added since it was kept.
    #[serde(skip)]
    is_new: bool,
}

impl Format for History {
    const VERSION: u8 = 1;
}

/// A site over half-lives of the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Site {
    /// How many of them count, times [`WHOLE`].
    windows: Sum,
    /// People who passed, as counted at their ends.
    people: Sum,
    /// The last ones and what shares are measured by in each; nothing where it
    /// had few networks.
    last: [(u64, u32); SILENCE],
}

/// How many of those who passed on a site in a half-life had something in
/// common.
#[derive(Debug, Clone, Copy)]
pub enum Measured {
    People(u32),
    /// So many, most of whom were charged: it is unknown how many people were
    /// among them. What is usual does not fall, or a long attack would make a
    /// browser look rare, and its people would pay what only few may be asked. It
    /// rises within days, or people who are charged because they are new would be
    /// for ever.
    MostlyCharged {
        solved: u32,
        /// Those who were charged.
        charged: u32,
    },
}

/// A sum that decays, and the half-life that was added last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
            is_new: false,
        }
    }

    /// Reads what was kept; an empty one where it has another form, or counters
    /// another half-life.
    pub fn resumed(half_life_seconds: u32, kept: &[u8]) -> Self {
        let empty = Self::new(half_life_seconds);
        match Self::from_bytes(kept) {
            Ok(kept) if kept.windows_per_half_life == empty.windows_per_half_life => kept,
            _ => empty,
        }
    }

    /// What is to be kept, if something was added: at most 1.2 MB. Names that were
    /// silent for a day are forgotten; most of them have another one by then.
    pub fn keep(&mut self, window: u64) -> Option<Vec<u8>> {
        if !core::mem::take(&mut self.is_new) {
            return None;
        }
        let earliest = window.saturating_sub(self.windows_per_half_life);
        self.parts.retain(|_, part| part.window >= earliest);
        self.to_bytes().ok()
    }

    /// Adds a half-life of a site that has ended, once: from how many networks
    /// people passed, how many they were, and how many those are whom shares are
    /// measured by.
    pub fn site(&mut self, key: u64, window: u64, networks: u32, people: u32, whole: u32) {
        let per_half_life = self.windows_per_half_life;
        if self.sites.len() >= MOST && !self.sites.contains_key(&key) {
            forget(&mut self.sites, |site| site.windows.at(window, per_half_life).value);
        }
        // An attack must not become usual within hours.
        let most = self.usual_load(key, window).map_or(UNKNOWN, |usual| 2 * usual + LITTLE);
        let site = self.sites.entry(key).or_default();
        let [(last, _), ..] = site.last;
        if window <= last && last != 0 {
            return;
        }
        self.is_new = true;
        site.last.rotate_right(1);
        if let Some(first) = site.last.first_mut() {
            *first = (window, if networks >= FEW { whole } else { 0 });
        }
        if networks >= FEW {
            site.windows.add(WHOLE, window, per_half_life);
            site.people.add(people.min(most), window, per_half_life);
        }
    }

    /// Whether the shares of a site are known.
    pub fn knows_shares(&self, site: u64, window: u64) -> bool {
        let site = self.sites.get(&site);
        site.is_some_and(|site| self.is_known(site, window, ENOUGH_FOR_SHARES))
    }

    fn is_known(&self, site: &Site, window: u64, enough: u32) -> bool {
        site.windows.at(window, self.windows_per_half_life).value >= enough
    }

    /// Adds a half-life of a part of a site, once; after [`Self::site`] for the
    /// same half-life.
    pub fn part(&mut self, site: u64, kind: Kind, key: u64, window: u64, measured: Measured) {
        let per_half_life = self.windows_per_half_life;
        let site = self.sites.get(&site).copied().unwrap_or_default();
        let whole = site.last.iter().find(|(of, _)| *of == window).map_or(0, |(_, whole)| *whole);
        if whole == 0 {
            return;
        }
        if self.parts.len() >= MOST && !self.parts.contains_key(&(kind, key)) {
            forget(&mut self.parts, |part| part.at(window, per_half_life).value);
        }
        let sum = self.parts.get(&(kind, key)).copied().unwrap_or_default();
        let usual = self.average(&site, sum, window).min(WHOLE);
        let share_of = |part: u32, whole: u32| {
            let share = u64::from(part) * u64::from(WHOLE) / u64::from(whole);
            u32::try_from(share).unwrap_or(WHOLE).min(WHOLE)
        };
        let share = match measured {
            Measured::People(people) => share_of(people, whole),
            Measured::MostlyCharged { solved, charged } => {
                share_of(solved, whole.saturating_add(charged)).clamp(usual, usual + SLOWLY)
            }
        };
        // Neither does what came after the first half-lives become usual by
        // coming.
        let most =
            if self.is_known(&site, window, ENOUGH) { 2 * usual + WHOLE / 32 } else { WHOLE };
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

    /// What is usual for a name of a site.
    pub fn usual(&self, site: u64, kind: Kind, key: u64, window: u64) -> Usual {
        let people = self.usual_load(site, window);
        let site = self.sites.get(&site).copied().unwrap_or_default();
        let share = self.share(&site, (kind, key), window);
        let share = share.map(|share| u16::try_from(share).unwrap_or(u16::MAX));
        Usual { share, people }
    }

    /// How many people usually pass on a site; `None` while too little is known.
    fn usual_load(&self, site: u64, window: u64) -> Option<u32> {
        let site = self.sites.get(&site)?;
        self.is_known(site, window, ENOUGH).then(|| self.average(site, site.people, window))
    }

    /// A part's usual share of a site; `None` while too little is known.
    fn share(&self, site: &Site, part: (Kind, u64), window: u64) -> Option<u32> {
        let known = self.is_known(site, window, ENOUGH_FOR_SHARES);
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
    let ranked: Vec<(u32, K)> = entries.iter().map(|(key, value)| (matters(value), *key)).collect();
    let ranked = sorted(ranked);
    for (_, key) in ranked.get(..ranked.len() / 2).unwrap_or_default() {
        entries.remove(key);
    }
}

#[cfg(test)]
mod tests;
