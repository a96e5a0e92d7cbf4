//! The names under which a visit is counted: keyed pseudonyms of one day, so
//! that the counters contain no address, and outsiders cannot choose networks
//! that share a set of a table with a victim's.

use munjigi_keys::Kid;
use siphasher::sip::SipHasher13;

use super::Share;

/// The counters that a visit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterKeys {
    pub site: u64,
    /// The names of the day.
    pub today: Names,
    /// The names of yesterday, while what was counted under them still matters:
    /// a price must not fall because the day changes.
    pub yesterday: Option<Names>,
    /// The autonomous system on the site, where it is known.
    pub system: Option<u64>,
    /// Whether machines are rented in that system.
    pub hosting: bool,
    /// The system over all sites.
    pub system_anywhere: Option<u64>,
    /// The visitor's interaction, where enough of it is known.
    pub trace: Option<u64>,
    /// What the site's names may take of a table.
    pub share: Share,
    /// The network, as challenges seal it.
    pub network: [u8; 8],
}

/// What software is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fingerprint {
    /// The headers of its requests.
    Headers,
    Handshake,
    /// That hardly anyone uses it.
    Rarity,
}

/// Names of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    pub address: u64,
    /// The address with the software.
    pub client: u64,
    /// The network, /24 or /48.
    pub network: u64,
    /// What one customer of an access network usually gets of IPv6, a /56.
    pub subnet: Option<u64>,
    pub block: u64,
    /// The software by its headers.
    pub software: u64,
    /// The software by its handshake, where that is known.
    pub handshake: Option<u64>,
    /// All software that hardly anyone uses, as one.
    pub rare: u64,
    /// The software, and what is rare, over all sites.
    pub anywhere: Anywhere,
}

/// Names of software over all sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anywhere {
    /// The software by its headers.
    pub software: u64,
    /// The software by its handshake, where that is known.
    pub handshake: Option<u64>,
    /// All software that hardly anyone uses, as one.
    pub rare: u64,
}

impl CounterKeys {
    /// A place of a network on a site, for tests.
    #[cfg(test)]
    pub fn numbered(site: u64, network: u64) -> Self {
        let today = Names {
            address: network,
            client: crate::mix(network),
            network,
            subnet: None,
            block: 2,
            software: 3,
            handshake: None,
            rare: 4,
            anywhere: Anywhere { software: 5, handshake: None, rare: 6 },
        };
        let system = Some(crate::mix(64_500));
        Self {
            site,
            today,
            yesterday: None,
            system,
            hosting: false,
            system_anywhere: Some(crate::mix(64_501)),
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

/// Hashers of the last two days, each under the key of its day.
#[derive(Debug, Default)]
pub struct DayKeys {
    even: Option<DayKey>,
    odd: Option<DayKey>,
}

#[derive(Debug, Clone, Copy)]
struct DayKey {
    root: Kid,
    day: u64,
    hasher: SipHasher13,
}

impl DayKeys {
    /// That of a day; its key is derived unless it is known.
    pub fn hasher(
        &mut self,
        root: Kid,
        day: u64,
        derive: impl FnOnce() -> [u8; 16],
    ) -> SipHasher13 {
        let known = if day.is_multiple_of(2) { &mut self.even } else { &mut self.odd };
        match known {
            Some(key) if key.root == root && key.day == day => key.hasher,
            _ => {
                let hasher = SipHasher13::new_with_key(&derive());
                *known = Some(DayKey { root, day, hasher });
                hasher
            }
        }
    }
}
