//! Who passed on a site before it was flooded: told by the meter, and asked for
//! only while it is.
//!
//! **regular**: a visitor whose address passed on the site before it was
//! flooded.

use std::collections::VecDeque;

use munjigi_keys::UnixMillis;

use super::report::{Flooded, Passes, Regulars};
use crate::sorted::distinct;

/// Passes that may wait for a report.
const MOST_FRESH: usize = 4_096;

/// Passes that a process remembers of its own, the last ones: a meter may have
/// been put away since it was told of them.
const MOST_OWN: usize = 4_096;

/// Passes from which they are reported, though nothing else is warm.
const DUE: usize = 16;

/// Sites that may be flooded at once, from the point of view of one process.
const MOST_SITES: usize = 64;

/// Names of all of them together: one megabyte.
const MOST_NAMES: usize = 262_144;

/// A site is flooded until none of its visits was one of a flood for this long.
const FLOODED_MILLIS: u64 = 30_000;

/// For this many half-lives after a flood, what comes again is the same flood:
/// otherwise one that pauses would count as passed what it paid for itself.
const SAME_FLOOD: u64 = 6;

/// Why a site's visitors are asked whether they passed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its owner has said that it is under attack.
    Said,
    /// More visits pass than usual.
    Seen,
}

/// The names of addresses, in 32 bits: of a site's 100,000 one in 40,000 others
/// has the name of one.
#[derive(Debug, Default)]
pub struct Passed {
    /// Site, name, and when.
    fresh: Vec<(u64, u32, UnixMillis)>,
    own: VecDeque<Own>,
    floods: Vec<Flood>,
}

/// A pass that this process has seen.
#[derive(Debug, Clone, Copy)]
struct Own {
    site: u64,
    name: u32,
    at: UnixMillis,
}

#[derive(Debug)]
struct Flood {
    site: u64,
    cause: Cause,
    since: UnixMillis,
    last: UnixMillis,
    /// Those of this process, and what the meter has told; sorted.
    known: Vec<u32>,
    /// How many it told last. Processes that notice the flood later have more to
    /// tell it, so it is asked as long as the flood lasts.
    told: Option<u32>,
    /// Whether the meter has told it at all. It knows when the flood began, so
    /// its first answer replaces what this process thought.
    answered: bool,
}

impl Flood {
    fn goes_on(&self, now: UnixMillis) -> bool {
        now.since(self.last) < FLOODED_MILLIS
    }
}

impl Passed {
    /// Notes that an address passed.
    pub fn note(&mut self, site: u64, name: u32, at: UnixMillis) {
        if self.fresh.len() < MOST_FRESH {
            self.fresh.push((site, name, at));
        }
        if self.own.len() >= MOST_OWN {
            self.own.pop_front();
        }
        self.own.push_back(Own { site, name, at });
    }

    /// Notes that a visit was one of a flood. What passed less than a half-life
    /// before its beginning may be its own.
    pub fn flooded(&mut self, site: u64, cause: Cause, half_life_millis: u64, now: UnixMillis) {
        self.floods.retain(|it| now.since(it.last) < SAME_FLOOD * half_life_millis);
        if let Some(known) = self.floods.iter_mut().find(|it| it.site == site) {
            if !known.goes_on(now) {
                known.told = None;
            }
            (known.last, known.cause) = (now, cause);
            return;
        }
        if self.floods.len() >= MOST_SITES && !self.make_room(cause) {
            return;
        }
        let earlier = |own: &&Own| own.site == site && now.since(own.at) >= half_life_millis;
        let known = distinct(self.own.iter().filter(earlier).map(|own| own.name).collect());
        let (since, last) = (now, now);
        let flood = Flood { site, cause, since, last, known, told: None, answered: false };
        self.floods.push(flood);
    }

    /// Forgets the site that was flooded least recently, those first that are
    /// only said to be: a setting `on` never takes the place of a flood.
    fn make_room(&mut self, cause: Cause) -> bool {
        let first = self.floods.iter().enumerate().min_by_key(|(_, it)| (it.cause, it.last.0));
        match first.map(|(place, it)| (place, it.cause)) {
            Some((place, of)) if of <= cause => {
                self.floods.swap_remove(place);
                true
            }
            _ => false,
        }
    }

    /// Whether a name is known to have passed on a site before its flood.
    pub fn knows(&self, site: u64, name: u32) -> bool {
        let of = self.floods.iter().find(|it| it.site == site);
        of.is_some_and(|it| it.known.binary_search(&name).is_ok())
    }

    /// Whether something is to be told or asked.
    pub fn is_due(&self, now: UnixMillis) -> bool {
        self.fresh.len() >= DUE || self.floods.iter().any(|it| it.told.is_none() && it.goes_on(now))
    }

    /// What passed since the last report, by the half-life in which it did.
    pub fn take(&mut self, window: impl Fn(UnixMillis) -> u32) -> Vec<Passes> {
        let fresh = core::mem::take(&mut self.fresh);
        by_site(fresh.into_iter().map(|(site, name, at)| (site, (name, window(at)))))
    }

    /// The flooded sites, and how many names the meter has told of each.
    pub fn asks(&self, window: impl Fn(UnixMillis) -> u32, now: UnixMillis) -> Vec<Flooded> {
        let now = self.floods.iter().filter(|it| it.goes_on(now));
        now.map(|it| Flooded { site: it.site, since: window(it.since), told: it.told }).collect()
    }

    /// Who passed on the sites that the meter is asked about for the first time,
    /// as far as this process knows; the meter knows which of them came with
    /// the flood.
    pub fn earlier(&self, window: impl Fn(UnixMillis) -> u32, now: UnixMillis) -> Vec<Passes> {
        let new = |site| {
            self.floods.iter().any(|it| it.site == site && it.told.is_none() && it.goes_on(now))
        };
        let own = self.own.iter().filter(|own| new(own.site));
        by_site(own.map(|own| (own.site, (own.name, window(own.at)))))
    }

    /// Takes over what the meter said.
    pub fn learn(&mut self, told: &Regulars) {
        let others: usize =
            self.floods.iter().filter(|it| it.site != told.site).map(|it| it.known.len()).sum();
        let Some(flood) = self.floods.iter_mut().find(|it| it.site == told.site) else { return };
        let count = u32::try_from(told.names.len()).unwrap_or(u32::MAX);
        // A meter that knows fewer than before has forgotten, and is to be told
        // again.
        let forgot = flood.told.is_some_and(|before| count < before);
        flood.told = Some(count).filter(|_| !forgot);
        if !core::mem::replace(&mut flood.answered, true) {
            flood.known.clear();
        }
        flood.known.extend_from_slice(&told.names);
        flood.known = distinct(core::mem::take(&mut flood.known));
        flood.known.truncate(MOST_NAMES.saturating_sub(others));
    }
}

/// Gathers passes by site.
fn by_site(passes: impl Iterator<Item = (u64, (u32, u32))>) -> Vec<Passes> {
    let mut sites: Vec<Passes> = Vec::new();
    for (site, name) in passes {
        match sites.iter_mut().find(|passes| passes.site == site) {
            Some(passes) => passes.names.push(name),
            None => sites.push(Passes { site, names: vec![name] }),
        }
    }
    sites
}
