//! The names that a visit is counted under, as they are told.

use super::keys::{Anywhere, Names, PLATFORM};
use super::{CounterKeys, Kind, Share};

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    pub site: u64,
    pub kind: Kind,
    pub key: u64,
    pub share: Share,
    pub formerly: Option<u64>,
    /// Whether it belongs to a busy network.
    pub busy: bool,
}

impl Name {
    /// The name of a place's site.
    pub const fn of(place: &CounterKeys) -> Self {
        let CounterKeys { site, share, .. } = *place;
        Self { site, kind: Kind::Site, key: site, share, formerly: None, busy: false }
    }
}

/// What a visitor shares with others of the site.
pub fn names_here(place: &CounterKeys, is_rare: bool) -> Vec<Name> {
    let CounterKeys { today, yesterday, .. } = place;
    let site = Name::of(place);
    let formerly = |name: fn(&Names) -> Option<u64>| yesterday.as_ref().and_then(name);
    let stack = |key, formerly| Name { kind: Kind::Software, key, formerly, ..site };
    let block = formerly(|names| Some(names.block));
    let mut names = vec![
        site,
        Name { kind: Kind::Block, key: today.block, formerly: block, ..site },
        stack(today.software, formerly(|names| Some(names.software))),
    ];
    names.extend(today.subnet.map(|key| Name { kind: Kind::Subnet, key, ..site }));
    names.extend(place.trace.map(|key| Name { kind: Kind::Trace, key, ..site }));
    names.extend(place.system.map(|key| Name { kind: Kind::System, key, ..site }));
    names.extend(today.handshake.map(|key| stack(key, formerly(|names| names.handshake))));
    names.extend(is_rare.then(|| stack(today.rare, formerly(|names| Some(names.rare)))));
    names
}

/// The same of all sites.
pub fn names_anywhere(place: &CounterKeys, is_rare: bool) -> Vec<Name> {
    let today = &place.today.anywhere;
    let yesterday = place.yesterday.as_ref().map(|names| &names.anywhere);
    let formerly = |name: fn(&Anywhere) -> Option<u64>| yesterday.and_then(name);
    let all = Name { site: PLATFORM, key: PLATFORM, ..Name::of(place) };
    let stack = |key, formerly| Name { kind: Kind::Software, key, formerly, ..all };
    let mut names = vec![all, stack(today.software, formerly(|names| Some(names.software)))];
    names.extend(place.system_anywhere.map(|key| Name { kind: Kind::System, key, ..all }));
    names.extend(today.handshake.map(|key| stack(key, formerly(|names| names.handshake))));
    names.extend(is_rare.then(|| stack(today.rare, formerly(|names| Some(names.rare)))));
    names
}
