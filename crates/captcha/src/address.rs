//! An address and the networks that contain it, as the counters name them. No
//! type here prints what it holds, so that no log contains an address.
//!
//! **prefix**: the network of an address, /24 or /48, which is all that is
//! recorded of it.

use core::fmt;
use core::net::IpAddr;

/// What counts as one address: all of an IPv4 address, the first 64 bits of an
/// IPv6 address, since a device chooses the rest as it likes. It lives as long
/// as its request; what is stored or sent is a keyed pseudonym.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// An IPv4 address.
    V4([u8; 4]),
    /// The first eight bytes of an IPv6 address.
    V6([u8; 8]),
}

impl Address {
    /// Reduces an address to what is counted.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [network @ .., _, _, _, _, _, _, _, _] = address.octets();
                Self::V6(network)
            }
        }
    }

    /// Reads an address in text form; `None` if it is not an address.
    pub fn parse(address: &str) -> Option<Self> {
        address.parse().ok().map(Self::of)
    }

    /// The /24 or /48 that contains it.
    pub const fn prefix(&self) -> Prefix {
        match *self {
            Self::V4([prefix @ .., _]) => Prefix::V4(prefix),
            Self::V6([prefix @ .., _, _]) => Prefix::V6(prefix),
        }
    }

    /// The /56 of IPv6 that contains it: what one customer of an access network
    /// usually gets (RFC 6177, RIPE-690).
    pub(crate) const fn subnet(&self) -> Option<[u8; 7]> {
        match *self {
            Self::V4(_) => None,
            Self::V6([subnet @ .., _]) => Some(subnet),
        }
    }

    /// The /20 or /32 that contains it: what a customer of a network, or anyone
    /// who asks a registry for IPv6, usually gets at most. The bits after it are
    /// zero.
    pub(crate) const fn block(&self) -> [u8; 5] {
        match *self {
            // No IPv6 address that is routed begins with a zero byte.
            Self::V4([first, second, third, _]) => [0, first, second, third & 0xf0, 0],
            Self::V6([first, second, third, fourth, ..]) => [first, second, third, fourth, 0],
        }
    }

    /// The bytes that are counted.
    pub(crate) const fn bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

/// A network prefix: /24 of IPv4, /48 of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prefix {
    /// The first three bytes of an IPv4 address.
    V4([u8; 3]),
    /// The first six bytes of an IPv6 address.
    V6([u8; 6]),
}

impl Prefix {
    /// Reduces an address to its prefix.
    pub const fn of(address: IpAddr) -> Self {
        Address::of(address).prefix()
    }

    /// Reduces an address in text form; `None` if it is not an address.
    pub fn parse(address: &str) -> Option<Self> {
        address.parse().ok().map(Self::of)
    }

    /// Bytes that identify the prefix.
    pub(crate) const fn bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefix")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_in_its_networks() {
        let v4 = Address::parse("192.0.18.77").unwrap();
        assert_eq!(v4, Address::V4([192, 0, 18, 77]));
        assert_eq!(Address::parse("::ffff:192.0.18.77"), Some(v4));
        assert_eq!((v4.prefix(), v4.block()), (Prefix::V4([192, 0, 18]), [0, 192, 0, 16, 0]));
        let v6 = Address::parse("2001:db8:7:1:ffff::1").unwrap();
        assert_eq!(v6, Address::parse("2001:db8:7:1::2").unwrap());
        assert_ne!(v6, Address::parse("2001:db8:7:2::2").unwrap());
        assert_eq!(v6.prefix(), Prefix::V6([0x20, 0x01, 0x0d, 0xb8, 0, 7]));
        assert_eq!(v6.block(), [0x20, 0x01, 0x0d, 0xb8, 0]);
        assert_eq!(v6.subnet(), Some([0x20, 0x01, 0x0d, 0xb8, 0, 7, 0]));
        assert_eq!(v4.subnet(), None);
        for text in ["", "192.0.2", "2001:db8::/32", "localhost"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_prefix_of_an_address_is_kept() {
        assert_eq!(Prefix::parse("192.0.2.77"), Some(Prefix::V4([192, 0, 2])));
        assert_eq!(Prefix::parse("::ffff:192.0.2.77"), Some(Prefix::V4([192, 0, 2])));
        let v6 = Some(Prefix::V6([0x20, 0x01, 0x0d, 0xb8, 0, 7]));
        assert_eq!(Prefix::parse("2001:db8:7:1::1"), v6);
        assert_eq!(Prefix::parse("2001:db8:7:ffff::2"), v6);
        assert_eq!(Prefix::parse("192.0.2"), None);
    }

    #[test]
    fn no_address_is_printed() {
        let address = Address::parse("192.0.2.77").unwrap();
        assert_eq!(format!("{address:?} {:?}", address.prefix()), "Address Prefix");
    }
}
