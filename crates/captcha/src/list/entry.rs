//! One line of a list: a network or an autonomous system. The keeper of a list
//! decides which prefix lengths it accepts.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// An entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// An autonomous system, not 0.
    System(u32),
    /// A network of IPv4.
    V4 {
        /// Its first address.
        address: u32,
        /// Length of its prefix, 0–32.
        bits: u32,
    },
    /// A network of IPv6. What an address has after its 64th bit, a device
    /// chooses as it likes: nothing longer is told apart.
    V6 {
        /// The first 64 bits of its first address.
        network: u64,
        /// Length of its prefix, 0–64.
        bits: u32,
    },
}

/// Why a text is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Neither an address, nor a network, nor `AS` and a number.
    #[error("neither a network such as 192.0.2.0/24 nor a system such as AS64500")]
    Shape,
    /// `AS0`, or a number of more than 32 bits.
    #[error("the number of a system is from 1 to 4294967295")]
    System,
    /// The prefix is longer than the address, or than the 64 bits of IPv6 that
    /// are told apart.
    #[error(
        "the length of a prefix is at most 32 for IPv4 and 64 for IPv6; in place of an IPv6 address, write its /64"
    )]
    Length,
    /// There are bits after the prefix.
    #[error("the address has bits set after its prefix")]
    Tail,
    /// An IPv4 address written as IPv6.
    #[error("write IPv4 addresses as such, not within IPv6")]
    Mapped,
}

impl Entry {
    /// The address itself, as far as it is told apart.
    pub fn host(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4 { address: u32::from(address), bits: 32 },
            IpAddr::V6(address) => Self::V6 { network: high(address), bits: 64 },
        }
    }

    /// Length of the prefix; `None` for a system.
    pub const fn bits(&self) -> Option<u32> {
        match self {
            Self::System(_) => None,
            Self::V4 { bits, .. } | Self::V6 { bits, .. } => Some(*bits),
        }
    }

    /// Whether it is no wider than what one owner has: /8 for IPv4, /16 for
    /// IPv6. A list with a wider network would speak of everybody.
    pub const fn is_narrow(&self) -> bool {
        match self {
            Self::System(_) => true,
            Self::V4 { bits, .. } => *bits >= 8,
            Self::V6 { bits, .. } => *bits >= 16,
        }
    }
}

/// The first 64 bits.
fn high(address: Ipv6Addr) -> u64 {
    u64::try_from(u128::from(address) >> 64).unwrap_or_default()
}

impl FromStr for Entry {
    type Err = EntryError;

    /// Reads `AS64500`, `192.0.2.0/24`, `2001:db8::/48`, and `192.0.2.7` as its
    /// /32.
    fn from_str(text: &str) -> Result<Self, EntryError> {
        if let Some(number) = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")) {
            let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|number| *number != 0);
            return match (is_plain, number) {
                (false, _) => Err(EntryError::Shape),
                (true, None) => Err(EntryError::System),
                (true, Some(number)) => Ok(Self::System(number)),
            };
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| EntryError::Shape)?;
        let bits = match length {
            Some(length) => {
                let is_plain =
                    length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
                Some(length.parse::<u32>().ok().filter(|_| is_plain).ok_or(EntryError::Shape)?)
            }
            None => None,
        };
        match (address, bits) {
            (IpAddr::V4(address), bits) => v4(address, bits.unwrap_or(32)),
            (IpAddr::V6(address), _) if address.to_ipv4_mapped().is_some() => {
                Err(EntryError::Mapped)
            }
            (IpAddr::V6(address), Some(bits)) => v6(address, bits),
            (IpAddr::V6(_), None) => Err(EntryError::Length),
        }
    }
}

fn v4(address: Ipv4Addr, bits: u32) -> Result<Entry, EntryError> {
    let address = u32::from(address);
    match bits {
        0..=32 if address.checked_shl(bits).unwrap_or_default() == 0 => {
            Ok(Entry::V4 { address, bits })
        }
        0..=32 => Err(EntryError::Tail),
        _ => Err(EntryError::Length),
    }
}

fn v6(address: Ipv6Addr, bits: u32) -> Result<Entry, EntryError> {
    match bits {
        0..=64 if u128::from(address) << bits == 0 => {
            Ok(Entry::V6 { network: high(address), bits })
        }
        0..=64 => Err(EntryError::Tail),
        _ => Err(EntryError::Length),
    }
}

/// As it is read.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::System(number) => write!(f, "AS{number}"),
            Self::V4 { address, bits } => write!(f, "{}/{bits}", Ipv4Addr::from(address)),
            Self::V6 { network, bits } => {
                write!(f, "{}/{bits}", Ipv6Addr::from(u128::from(network) << 64))
            }
        }
    }
}
