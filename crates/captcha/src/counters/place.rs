//! The names under which a visit is counted: keyed pseudonyms of one day, so
//! that the counters contain no address, and outsiders cannot choose networks
//! that share a set of a table with a victim's.

use core::hash::Hasher;

use munjigi_keys::{Kid, UnixMillis};
use munjigi_protocol::Signals;
use siphasher::sip::SipHasher13;

use super::mix;
use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::visit::Visit;

/// The counters that a visit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(super) site: u64,
    pub(super) today: Names,
    /// The names of yesterday, while what was counted under them still matters:
    /// a price must not fall because the day changes.
    pub(super) yesterday: Option<Names>,
    pub(super) system: Option<u64>,
    pub(super) hosting: bool,
    /// The visitor's interaction, where enough of it is known.
    pub(super) trace: Option<u64>,
    network: [u8; 8],
}

/// What software is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Headers,
    Handshake,
}

/// Names of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    pub address: u64,
    pub client: u64,
    pub network: u64,
    pub block: u64,
    pub software: u64,
    pub handshake: Option<u64>,
}

impl Place {
    /// A place of a network on a site, for tests.
    #[cfg(test)]
    pub(super) fn numbered(site: u64, network: u64) -> Self {
        let today = Names {
            address: network,
            client: mix(network),
            network,
            block: 2,
            software: 3,
            handshake: None,
        };
        let system = Some(mix(64_500));
        let network = network.to_le_bytes();
        Self { site, today, yesterday: None, system, hosting: false, trace: None, network }
    }

    /// The software's pseudonym for the site and the day: by its headers, or by
    /// its handshake where that is known.
    pub const fn software(&self, by: By) -> u32 {
        let name = match (by, self.today.handshake) {
            (By::Handshake, Some(name)) => name,
            _ => self.today.software,
        };
        let [a, b, c, d, ..] = name.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Both of them, by which rules may match.
    pub const fn software_names(&self) -> [u32; 2] {
        [self.software(By::Headers), self.software(By::Handshake)]
    }

    /// The network's pseudonym for the site and the day, as challenges seal it.
    /// A count made when a challenge was issued is therefore found even when
    /// its solution comes from elsewhere.
    pub const fn visitor(&self) -> [u8; 8] {
        self.network
    }
}

/// The key of a day's names, derived once per day.
#[derive(Debug, Clone, Copy)]
struct DayKey {
    root: Kid,
    day: u64,
    hasher: SipHasher13,
}

/// Interactions that took less say too little.
const LEAST_MILLIS: u32 = 500;

/// Names places.
#[derive(Debug, Default)]
pub struct Namer {
    today: Option<DayKey>,
    yesterday: Option<DayKey>,
}

const MILLIS_PER_DAY: u64 = 86_400_000;

impl Namer {
    /// The place of a visit to a site. What was counted matters for this long.
    pub fn place(
        &mut self,
        authority: &Authority,
        sitekey: &Sitekey,
        visit: &Visit,
        now: UnixMillis,
        matters_millis: u64,
    ) -> Place {
        let site = site(sitekey);
        let network = authority.network(sitekey, now, visit.prefix());
        let midnight = UnixMillis(now.0 - now.0 % MILLIS_PER_DAY);
        let before = UnixMillis(midnight.0.saturating_sub(1));
        let matters = now.since(midnight) < matters_millis;
        let yesterday = matters.then(|| {
            let network = authority.network(sitekey, before, visit.prefix());
            names(day(&mut self.yesterday, authority, before), site, visit, network)
        });
        Place {
            site,
            today: names(day(&mut self.today, authority, now), site, visit, network),
            yesterday,
            // Systems are counted per site, so that an attack on one site
            // costs no visitor of another. Sitekeys are random, system numbers
            // scarce: neither can be chosen, so an unkeyed mix will do.
            system: (visit.asn != 0).then(|| mix(site ^ u64::from(visit.asn))),
            hosting: crate::hosting::is_hosting(visit.asn),
            trace: None,
            network,
        }
    }

    /// The name of an interaction, by how a visitor came to begin: the times to
    /// the millisecond and how much was pointed, typed and focused. `None` where
    /// so little happened that strangers may do the same.
    pub fn trace(
        &mut self,
        authority: &Authority,
        sitekey: &Sitekey,
        signals: &Signals,
        now: UnixMillis,
    ) -> Option<u64> {
        let Signals { since_load_ms, since_focus_ms, pointer, keys, focus_changes, .. } = *signals;
        let (load, focus) = (since_load_ms?, since_focus_ms?);
        let moved = pointer.unwrap_or_default() | keys.unwrap_or_default();
        if load < LEAST_MILLIS || focus < LEAST_MILLIS || moved == 0 {
            return None;
        }
        let mut hasher = day(&mut self.today, authority, now);
        hasher.write_u8(5);
        hasher.write_u64(site(sitekey));
        hasher.write_u32(load);
        hasher.write_u32(focus);
        for number in [pointer, keys, focus_changes] {
            hasher.write_u8(number.unwrap_or_default());
        }
        Some(hasher.finish())
    }
}

/// A site's name: sitekeys are random.
pub fn site(sitekey: &Sitekey) -> u64 {
    let (first, _) = sitekey.as_bytes().split_at(8);
    first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn day(kept: &mut Option<DayKey>, authority: &Authority, at: UnixMillis) -> SipHasher13 {
    let (root, day) = (authority.first().kid, at.days());
    match kept {
        Some(key) if key.root == root && key.day == day => key.hasher,
        _ => {
            let hasher = SipHasher13::new_with_key(&authority.names_key(at));
            *kept = Some(DayKey { root, day, hasher });
            hasher
        }
    }
}

fn names(keyed: SipHasher13, site: u64, visit: &Visit, network: [u8; 8]) -> Names {
    let name = |kind: u8, bytes: &[u8]| {
        let mut hasher = keyed;
        hasher.write_u8(kind);
        hasher.write_u64(site);
        hasher.write(bytes);
        hasher.finish()
    };
    let stack = |kind, stack: crate::stack::Stack| name(kind, &stack.digest().to_le_bytes());
    let address = name(1, visit.address.bytes());
    let software = stack(3, visit.software);
    Names {
        address,
        client: mix(address ^ software.rotate_left(32)),
        network: u64::from_le_bytes(network),
        block: name(2, &visit.address.block()),
        software,
        handshake: visit.handshake.map(|digests| stack(4, digests)),
    }
}
