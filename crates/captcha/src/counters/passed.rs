//! Who passed on a site before it was flooded: told by the meter, and asked for
//! only while it is.

use munjigi_keys::UnixMillis;

use super::report::Passes;

/// Passes that may wait for a report.
const MOST_FRESH: usize = 4_096;

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
    flooded: Vec<Flooded>,
}

#[derive(Debug)]
struct Flooded {
    site: u64,
    last: UnixMillis,
    /// Sorted; `None` until the meter has told it.
    known: Option<Vec<u32>>,
}

/// An address's name in 32 bits.
const fn short(address: u64) -> u32 {
    (address >> 32) as u32
}

impl Passed {
    /// Notes that an address passed.
    pub fn note(&mut self, site: u64, address: u64) {
        if self.fresh.len() < MOST_FRESH {
            self.fresh.push((site, short(address)));
        }
    }

    /// Notes that a visit was one of a flood.
    pub fn flooded(&mut self, site: u64, now: UnixMillis) {
        self.forget(now);
        if let Some(known) = self.flooded.iter_mut().find(|it| it.site == site) {
            known.last = now;
        } else if self.flooded.len() < MOST_SITES {
            self.flooded.push(Flooded { site, last: now, known: None });
        }
    }

    /// Whether an address is known to have passed on a site before its flood.
    pub fn knows(&self, site: u64, address: u64) -> bool {
        let of = self.flooded.iter().find(|it| it.site == site);
        let known = of.and_then(|it| it.known.as_ref());
        known.is_some_and(|known| known.binary_search(&short(address)).is_ok())
    }

    /// Whether something is to be told or asked.
    pub fn is_due(&self) -> bool {
        self.fresh.len() >= DUE || self.flooded.iter().any(|it| it.known.is_none())
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

    /// The flooded sites, and whether the meter is to say who passed there.
    pub fn asks(&mut self, now: UnixMillis) -> Vec<(u64, bool)> {
        self.forget(now);
        self.flooded.iter().map(|it| (it.site, it.known.is_none())).collect()
    }

    /// Takes over what the meter said.
    pub fn learn(&mut self, told: &Passes) {
        if let Some(flooded) = self.flooded.iter_mut().find(|it| it.site == told.site) {
            let mut names = told.names.clone();
            names.sort_unstable();
            flooded.known = Some(names);
        }
    }

    fn forget(&mut self, now: UnixMillis) {
        self.flooded.retain(|it| now.since(it.last) < FLOODED_MILLIS);
    }
}
