//! Which names of a site are busy: what processes are told that have not seen
//! them. An attack through many locations is otherwise new to each of them.

use std::collections::BTreeMap;

use crate::counters::{Kind, Load, MAX_BUSY};

/// Sites whose busy names are remembered; more are told of none.
const MOST: usize = 1_024;

/// Busy names by site.
#[derive(Debug, Default)]
pub struct BusyNames {
    sites: BTreeMap<u64, Vec<(Kind, u64)>>,
}

/// Whether a name is worth telling: half of what is free, so that it is known
/// before it costs something. Systems and software are warm everywhere.
pub const fn is_busy(kind: Kind, load: &Load) -> bool {
    match kind {
        Kind::Address | Kind::Client | Kind::Trace => load.issued >= 8,
        Kind::Network => load.issued >= 32,
        Kind::Site | Kind::Fallback | Kind::Charged | Kind::Block | Kind::System | Kind::Stack => {
            false
        }
    }
}

impl BusyNames {
    /// Remembers a name that is busy.
    pub fn note(&mut self, site: u64, kind: Kind, key: u64) {
        if self.sites.len() >= MOST && !self.sites.contains_key(&site) {
            return;
        }
        let names = self.sites.entry(site).or_default();
        if names.len() < MAX_BUSY && !names.contains(&(kind, key)) {
            names.push((kind, key));
        }
    }

    /// The names of a site that are still busy, with what `count` says of them.
    /// The others are forgotten.
    pub fn of<T>(
        &mut self,
        site: u64,
        count: impl Fn(Kind, u64) -> Option<T>,
    ) -> Vec<(Kind, u64, T)> {
        let Some(names) = self.sites.get_mut(&site) else { return Vec::new() };
        let mut busy = Vec::with_capacity(names.len());
        names.retain(|(kind, key)| match count(*kind, *key) {
            Some(counted) => {
                busy.push((*kind, *key, counted));
                true
            }
            None => false,
        });
        if names.is_empty() {
            self.sites.remove(&site);
        }
        busy
    }
}
