//! Lists of networks and autonomous systems that rules may name. The set, its
//! bytes and the membership test live here; its publisher
//! decides who is on a list, and `site::rules` what follows.

mod entry;
mod id;
mod listings;
mod spans;

use munjigi_counters::sorted::distinct;

use crate::address::{Address, Prefix};
use crate::holds::Holds;

pub use entry::{Entry, EntryError};
pub use id::{InvalidListId, ListId};
pub use listings::{ListSource, Listings, MAX_LISTS, listings};
use spans::{Span, Spans};

/// The first byte of a list's bytes.
const FORMAT: u8 = 1;

/// The set of a list: sorted, merged, in canonical form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    version: u64,
    /// Ascending, none of them 0, which is an unknown system.
    systems: Vec<u32>,
    /// Of addresses.
    v4: Spans,
    /// Of the first 64 bits of addresses: a device chooses the rest.
    v6: Spans,
}

impl List {
    /// The set of some entries.
    pub fn of(version: u64, entries: impl IntoIterator<Item = Entry>) -> Self {
        let (mut systems, mut v4, mut v6) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::System(number) => systems.push(number),
                Entry::V4 { address, bits } => v4.push(Span::of(u64::from(address), 32, bits)),
                Entry::V6 { network, bits } => v6.push(Span::of(network, 64, bits)),
            }
        }
        let systems = distinct(systems);
        Self { version, systems, v4: Spans::merge(v4), v6: Spans::merge(v6) }
    }

    /// Version of the list; increases with every change.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What is on one of two lists, under the first one's version.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let systems = distinct([self.systems, other.systems].concat());
        let (v4, v6) = (self.v4.joined(other.v4), self.v6.joined(other.v6));
        Self { version: self.version, systems, v4, v6 }
    }

    /// The same set under another version.
    #[must_use]
    pub fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// How many systems and ranges it has after merging.
    pub fn len(&self) -> usize {
        self.systems.len() + self.v4.len() + self.v6.len()
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an address, or the system that it belongs to, is on the list.
    pub fn contains(&self, address: Address, system: u32) -> bool {
        let by_address = match address {
            Address::V4(bytes) => self.v4.contains(u64::from(u32::from_be_bytes(bytes))),
            Address::V6(bytes) => self.v6.contains(u64::from_be_bytes(bytes)),
        };
        by_address || self.has_system(system)
    }

    /// Whether a visit is on the list of which at most system and prefix are
    /// known.
    pub fn holds(&self, system: Option<u32>, prefix: Option<Prefix>) -> Holds {
        let by_system = match system {
            _ if self.systems.is_empty() => Holds::No,
            Some(system) => Holds::of(self.has_system(system)),
            None => Holds::Open,
        };
        let by_address = match prefix {
            _ if self.v4.is_empty() && self.v6.is_empty() => Holds::No,
            Some(Prefix::V4(bytes)) => self.v4.covers(Span::of(number(&bytes) << 8, 32, 24)),
            Some(Prefix::V6(bytes)) => self.v6.covers(Span::of(number(&bytes) << 16, 64, 48)),
            None => Holds::Open,
        };
        by_system.or(by_address)
    }

    fn has_system(&self, system: u32) -> bool {
        self.systems.binary_search(&system).is_ok()
    }

    /// Reads a list; `None` unless it is in canonical form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[FORMAT])?;
        let (version, rest) = rest.split_first_chunk()?;
        let (systems, rest) = part(rest, 4)?;
        let (v4, rest) = part(rest, 8)?;
        let (v6, []) = part(rest, 16)? else { return None };
        let (systems, []) = systems.as_chunks() else { return None };
        let systems: Vec<u32> = systems.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        let is_canonical =
            systems.first() != Some(&0) && systems.is_sorted_by(|one, next| one < next);
        let list = Self {
            version: u64::from_be_bytes(*version),
            systems,
            v4: Spans::read_v4(v4)?,
            v6: Spans::read_v6(v6)?,
        };
        is_canonical.then_some(list)
    }

    /// Its bytes: a 1, the version in 8 bytes, then the systems, the ranges of
    /// IPv4 addresses and those of IPv6 networks, each after their number in 4
    /// bytes. A range is its first and its last, of 4 or 8 bytes each. All big
    /// end first.
    pub fn write(&self) -> Vec<u8> {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = vec![FORMAT];
        bytes.extend(self.version.to_be_bytes());
        bytes.extend(count(self.systems.len()));
        bytes.extend(self.systems.iter().flat_map(|system| system.to_be_bytes()));
        bytes.extend(count(self.v4.len()));
        self.v4.write_v4(&mut bytes);
        bytes.extend(count(self.v6.len()));
        self.v6.write_v6(&mut bytes);
        bytes
    }
}

/// Bytes as a number, big end first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number in 4 bytes and as many items of `size` bytes, then the rest.
fn part(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    let number = usize::try_from(u32::from_be_bytes(*number)).ok()?;
    rest.split_at_checked(number.checked_mul(size)?)
}

#[cfg(test)]
mod tests;
