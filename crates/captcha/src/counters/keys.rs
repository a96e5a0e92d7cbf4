//! The names under which a visit is counted: keyed pseudonyms of one day, so
//! that the counters contain no address, and outsiders cannot choose networks
//! that share a set of a table with a victim's.

use core::hash::Hasher;

use munjigi_keys::{Kid, UnixMillis};
use munjigi_protocol::Signals;
use siphasher::sip::SipHasher13;

use super::{Share, mix};
use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::visit::Visit;

/// The counters that a visit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterKeys {
    pub(super) site: u64,
    pub(super) today: Names,
    /// The names of yesterday, while what was counted under them still matters:
    /// a price must not fall because the day changes.
    pub(super) yesterday: Option<Names>,
    pub(super) system: Option<u64>,
    pub(super) hosting: bool,
    /// The same over all sites.
    pub(super) system_anywhere: Option<u64>,
    /// The visitor's interaction, where enough of it is known.
    pub(super) trace: Option<u64>,
    /// What the site's names may take of a table.
    pub(super) share: Share,
    network: [u8; 8],
}

/// What software is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fingerprint {
    Headers,
    Handshake,
    /// That hardly anyone uses it.
    Rarity,
}

/// Names of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    pub address: u64,
    pub client: u64,
    pub network: u64,
    /// What one customer of an access network usually gets of IPv6, a /56.
    pub subnet: Option<u64>,
    pub block: u64,
    pub software: u64,
    pub handshake: Option<u64>,
    /// All software that hardly anyone uses, as one.
    pub rare: u64,
    /// The software, and what is rare, over all sites.
    pub anywhere: Anywhere,
}

/// Names of software over all sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anywhere {
    pub software: u64,
    pub handshake: Option<u64>,
    pub rare: u64,
}

impl CounterKeys {
    /// A place of a network on a site, for tests.
    #[cfg(test)]
    pub(super) fn numbered(site: u64, network: u64) -> Self {
        let today = Names {
            address: network,
            client: mix(network),
            network,
            subnet: None,
            block: 2,
            software: 3,
            handshake: None,
            rare: 4,
            anywhere: Anywhere { software: 5, handshake: None, rare: 6 },
        };
        let system = Some(mix(64_500));
        Self {
            site,
            today,
            yesterday: None,
            system,
            hosting: false,
            system_anywhere: Some(mix(64_501)),
            trace: None,
            share: Share::Full,
            network: network.to_le_bytes(),
        }
    }

    /// The software's pseudonym for the site and the day: by its headers, by its
    /// handshake where that is known, or that of all rare software together.
    pub const fn software(&self, by: Fingerprint) -> u32 {
        let name = match (by, self.today.handshake) {
            (Fingerprint::Handshake, Some(name)) => name,
            (Fingerprint::Rarity, _) => self.today.rare,
            _ => self.today.software,
        };
        let [a, b, c, d, ..] = name.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Both of them, by which rules may match.
    pub const fn software_names(&self) -> [u32; 2] {
        [self.software(Fingerprint::Headers), self.software(Fingerprint::Handshake)]
    }

    /// The address's pseudonym for the site and the day in 32 bits, as challenges
    /// seal it: wherever a solution is posted from, this is the address that passed.
    pub const fn address(&self) -> u32 {
        short(self.today.passing())
    }

    /// The interaction's pseudonym, as challenges seal it.
    pub const fn trace(&self) -> Option<u64> {
        self.trace
    }

    /// The same place, of a site that may take this of what all sites are counted
    /// in.
    #[must_use]
    pub const fn sharing(self, share: Share) -> Self {
        Self { share, ..self }
    }

    /// The same place, of an attempt that began with this interaction.
    #[must_use]
    pub const fn began_with(self, trace: Option<u64>) -> Self {
        Self { trace, ..self }
    }

    /// The network's pseudonym for the site and the day, as challenges seal it.
    /// A count made when a challenge was issued is therefore found even when
    /// its solution comes from elsewhere.
    pub const fn visitor(&self) -> [u8; 8] {
        self.network
    }
}

impl Names {
    /// Under what a pass is remembered: a /56 passes as one, whose addresses
    /// cost nothing.
    pub const fn passing(&self) -> u64 {
        match self.subnet {
            Some(subnet) => subnet,
            None => self.address,
        }
    }
}

/// A name in 32 bits.
pub const fn short(name: u64) -> u32 {
    (name >> 32) as u32
}

/// All sites together, as if they were one. No sitekey begins with these bytes
/// but by a chance of one in 2^64.
pub const PLATFORM: u64 = u64::from_be_bytes(*b"platform");

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
    ) -> CounterKeys {
        let site = site(sitekey);
        let network = authority.network(sitekey, now, visit.prefix());
        let midnight = UnixMillis(now.0 - now.0 % MILLIS_PER_DAY);
        let before = UnixMillis(midnight.0.saturating_sub(1));
        let matters = now.since(midnight) < matters_millis;
        let yesterday = matters.then(|| {
            let network = authority.network(sitekey, before, visit.prefix());
            names(day(&mut self.yesterday, authority, before), site, visit, network)
        });
        CounterKeys {
            site,
            today: names(day(&mut self.today, authority, now), site, visit, network),
            yesterday,
            // Systems are counted per site, so that an attack on one site
            // costs no visitor of another. Sitekeys are random, system numbers
            // scarce: neither can be chosen, so an unkeyed mix will do.
            system: (visit.asn != 0).then(|| mix(site ^ u64::from(visit.asn))),
            hosting: crate::hosting::is_hosting(visit.asn),
            system_anywhere: (visit.asn != 0).then(|| mix(PLATFORM ^ u64::from(visit.asn))),
            trace: None,
            share: Share::Full,
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
    let name_on = |site: u64, kind: u8, bytes: &[u8]| {
        let mut hasher = keyed;
        hasher.write_u8(kind);
        hasher.write_u64(site);
        hasher.write(bytes);
        hasher.finish()
    };
    let name = |kind, bytes: &[u8]| name_on(site, kind, bytes);
    let software_on = |site| name_on(site, 3, &visit.software.number().to_le_bytes());
    let handshake_on =
        |site| visit.handshake.map(|stack| name_on(site, 4, &stack.number().to_le_bytes()));
    let address = name(1, visit.address.bytes());
    let software = software_on(site);
    Names {
        address,
        client: mix(address ^ software.rotate_left(32)),
        network: u64::from_le_bytes(network),
        subnet: visit.address.subnet().map(|subnet| name(6, &subnet)),
        block: name(2, &visit.address.block()),
        software,
        handshake: handshake_on(site),
        rare: name(7, &[]),
        anywhere: Anywhere {
            software: software_on(PLATFORM),
            handshake: handshake_on(PLATFORM),
            rare: name_on(PLATFORM, 7, &[]),
        },
    }
}
