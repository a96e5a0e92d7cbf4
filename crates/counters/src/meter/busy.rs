//! Which names of a site are busy: what processes are told that have not seen
//! them. An attack through many locations is otherwise new to each of them.

use std::collections::BTreeMap;

use crate::{Counted, Kind, MAX_BUSY, MAX_BUSY_SHARED, Share, Usual};

/// Sites whose busy names are remembered.
const MOST: usize = 1_024;

/// Busy names by site.
#[derive(Debug, Default)]
pub struct BusyNames {
    sites: BTreeMap<u64, Names>,
}

#[derive(Debug, Default)]
struct Names {
    own: Vec<Name>,
    shared: Vec<Name>,
    /// The half-life in which one of them was noted last.
    last: u64,
}

/// A busy name and what it may take of a table.
pub type Name = (Kind, u64, Share);

/// Whether a name is worth telling: half of what is free, so that it is known
/// before it costs something. Of software also what some people use: a process
/// would otherwise take the first of them for something that no one uses.
pub fn is_busy(kind: Kind, counted: &Counted, usual: Option<Usual>) -> bool {
    let Counted { load, distinct, .. } = *counted;
    match kind {
        Kind::Address | Kind::Client => load.issued >= 8,
        Kind::Trace => load.solved >= 2,
        Kind::Network => load.issued >= 32,
        Kind::Subnet => load.solved >= 16,
        Kind::Block | Kind::System => load.solved >= 64,
        Kind::Software => distinct >= 3 || usual.is_some_and(Usual::is_used),
        Kind::Site | Kind::Fallback => false,
    }
}

/// Whether many people may share a name.
const fn is_shared(kind: Kind) -> bool {
    matches!(kind, Kind::Block | Kind::System | Kind::Software)
}

impl BusyNames {
    /// Remembers a name that is busy. Where there is no room for a site, the one
    /// that was busy least recently is forgotten.
    pub fn note(&mut self, site: u64, name: Name, window: u64) {
        if self.sites.len() >= MOST && !self.sites.contains_key(&site) {
            let coldest = self.sites.iter().min_by_key(|(_, names)| names.last);
            let coldest = coldest.map(|(site, _)| *site);
            coldest.and_then(|site| self.sites.remove(&site));
        }
        let names = self.sites.entry(site).or_default();
        names.last = names.last.max(window);
        let (names, most) = if is_shared(name.0) {
            (&mut names.shared, MAX_BUSY_SHARED)
        } else {
            (&mut names.own, MAX_BUSY)
        };
        if names.len() < most && !names.contains(&name) {
            names.push(name);
        }
    }

    /// The names of a site that are still busy, with what `count` says of them.
    /// The others are forgotten.
    pub fn of<T>(&mut self, site: u64, count: impl Fn(Name) -> Option<T>) -> Vec<T> {
        let Some(Names { own, shared, .. }) = self.sites.get_mut(&site) else { return Vec::new() };
        let mut busy = Vec::with_capacity(own.len() + shared.len());
        for names in [&mut *own, &mut *shared] {
            names.retain(|name| {
                let counted = count(*name);
                let is_busy = counted.is_some();
                busy.extend(counted);
                is_busy
            });
        }
        if own.is_empty() && shared.is_empty() {
            self.sites.remove(&site);
        }
        busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn name(key: u64) -> Name {
        (Kind::Address, key, Share::Full)
    }

    fn told(names: &mut BusyNames, site: u64) -> Vec<Name> {
        names.of(site, Some)
    }

    #[test]
    fn sites_that_have_gone_quiet_make_room() {
        let mut names = BusyNames::default();
        for site in 0..MOST as u64 {
            names.note(site, name(site), 1);
        }
        // One of them is still busy when another begins to be.
        names.note(3, name(3), 13);
        names.note(5_000, name(9), 13);
        assert_eq!(told(&mut names, 5_000), [name(9)]);
        assert_eq!(told(&mut names, 3), [name(3)]);
        assert_eq!(names.sites.len(), MOST);
    }

    #[test]
    fn a_name_that_is_no_longer_busy_makes_room() {
        let mut names = BusyNames::default();
        for key in 0..2 * MAX_BUSY as u64 {
            names.note(7, name(key), 1);
        }
        assert_eq!(told(&mut names, 7).len(), MAX_BUSY);
        assert_eq!(names.of(7, |_| None::<Name>), []);
        names.note(7, name(9_999), 2);
        assert_eq!(told(&mut names, 7), [name(9_999)]);
    }
}
