//! Who passed on a site before it was flooded: told by the meter, and asked for
//! only while it is.

use std::collections::VecDeque;

use munjigi_keys::UnixMillis;

use super::report::Passes;

/// Passes that may wait for a report.
const MOST_FRESH: usize = 4_096;

/// Passes that a process remembers of its own, the last ones: a meter may have
/// been put away since it was told of them.
const MOST_OWN: usize = 4_096;

/// Passes from which they are reported, though nothing else is warm.
const DUE: usize = 16;

/// Sites that may be flooded at once, from the point of view of one process.
/// Each costs up to half a megabyte while it is.
const MOST_SITES: usize = 4;

/// A site is flooded until none of its visits was one of a flood for this long.
const FLOODED_MILLIS: u64 = 30_000;

/// The names of addresses, in 32 bits: of a site's 100,000 one in 40,000 others
/// has the name of one.
#[derive(Debug, Default)]
pub struct Passed {
    /// Site and name.
    fresh: Vec<(u64, u32)>,
    own: VecDeque<Own>,
    flooded: Vec<Flooded>,
}

/// A pass that this process has seen.
#[derive(Debug, Clone, Copy)]
struct Own {
    site: u64,
    name: u32,
    at: UnixMillis,
}

#[derive(Debug)]
struct Flooded {
    site: u64,
    last: UnixMillis,
    /// Those of this process, and what the meter has told; sorted.
    known: Vec<u32>,
    /// How many it told last. Processes that notice the flood later have more to
    /// tell it, so it is asked as long as the flood lasts.
    told: Option<u32>,
}

/// An address's name in 32 bits.
const fn short(address: u64) -> u32 {
    (address >> 32) as u32
}

impl Passed {
    /// Notes that an address passed.
    pub fn note(&mut self, site: u64, address: u64, at: UnixMillis) {
        let name = short(address);
        if self.fresh.len() < MOST_FRESH {
            self.fresh.push((site, name));
        }
        if self.own.len() >= MOST_OWN {
            self.own.pop_front();
        }
        self.own.push_back(Own { site, name, at });
    }

    /// Notes that a visit was one of a flood. What passed less than this long
    /// before its beginning may be its own.
    pub fn flooded(&mut self, site: u64, before_millis: u64, now: UnixMillis) {
        self.forget(now);
        if let Some(known) = self.flooded.iter_mut().find(|it| it.site == site) {
            known.last = now;
        } else if self.flooded.len() < MOST_SITES {
            let earlier = |own: &&Own| own.site == site && now.since(own.at) >= before_millis;
            let mut known: Vec<u32> = self.own.iter().filter(earlier).map(|own| own.name).collect();
            known.sort_unstable();
            known.dedup();
            self.flooded.push(Flooded { site, last: now, known, told: None });
        }
    }

    /// Whether an address is known to have passed on a site before its flood.
    pub fn knows(&self, site: u64, address: u64) -> bool {
        let of = self.flooded.iter().find(|it| it.site == site);
        of.is_some_and(|it| it.known.binary_search(&short(address)).is_ok())
    }

    /// Whether something is to be told or asked.
    pub fn is_due(&self) -> bool {
        self.fresh.len() >= DUE || self.flooded.iter().any(|it| it.told.is_none())
    }

    /// What passed since the last report.
    pub fn take(&mut self) -> Vec<Passes> {
        let mut fresh = core::mem::take(&mut self.fresh);
        fresh.sort_unstable();
        fresh.dedup();
        let sites = fresh.chunk_by(|(one, _), (other, _)| one == other);
        let passes = sites.filter_map(|names| {
            let (site, _) = *names.first()?;
            Some(Passes { site, names: names.iter().map(|(_, name)| *name).collect() })
        });
        passes.collect()
    }

    /// The flooded sites, and how many names the meter has told of each.
    pub fn asks(&mut self, now: UnixMillis) -> Vec<(u64, Option<u32>)> {
        self.forget(now);
        self.flooded.iter().map(|it| (it.site, it.told)).collect()
    }

    /// Who passed before the floods that the meter is asked about for the first
    /// time, as far as this process knows.
    pub fn earlier(&self) -> Vec<Passes> {
        let new = self.flooded.iter().filter(|it| it.told.is_none() && !it.known.is_empty());
        new.map(|it| Passes { site: it.site, names: it.known.clone() }).collect()
    }

    /// Takes over what the meter said.
    pub fn learn(&mut self, told: &Passes) {
        if let Some(flooded) = self.flooded.iter_mut().find(|it| it.site == told.site) {
            flooded.known.extend_from_slice(&told.names);
            flooded.known.sort_unstable();
            flooded.known.dedup();
            let count = u32::try_from(told.names.len()).unwrap_or(u32::MAX);
            // A meter that knows fewer than before has forgotten, and is to be
            // told again.
            let forgot = flooded.told.is_some_and(|before| count < before);
            flooded.told = Some(count).filter(|_| !forgot);
        }
    }

    fn forget(&mut self, now: UnixMillis) {
        self.flooded.retain(|it| now.since(it.last) < FLOODED_MILLIS);
    }
}
