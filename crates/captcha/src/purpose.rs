//! The keys derived from the edge's root keys: one key per purpose.

use munjigi_keys::{KEY_BYTES, RingKey};
use zeroize::Zeroizing;

/// What a derived key is used for. A seal of one purpose never opens as
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Authentication tags of tokens.
    Token,
    /// Encryption of challenges.
    Challenge,
    /// The pseudonym of a network prefix for a site and a day, in challenges
    /// and in the counters.
    Visitor,
    /// The names in the counters of a day.
    Names,
    /// Selection of an attempt's picture.
    Picture,
    /// Encryption of the names of a picture's images.
    PictureName,
    /// Encryption of receipts.
    Receipt,
    /// Encryption of clearances, and of where their holders came from.
    Clearance,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Token => b"munjigi/v1/token",
            Self::Challenge => b"munjigi/v1/challenge",
            Self::Visitor => b"munjigi/v1/visitor",
            Self::Names => b"munjigi/v1/names",
            Self::Picture => b"munjigi/v1/picture",
            Self::PictureName => b"munjigi/v1/picture-name",
            Self::Receipt => b"munjigi/v1/receipt",
            Self::Clearance => b"munjigi/v1/clearance",
        }
    }

    /// Derives the key of this purpose from a root key.
    pub fn key(self, root: &RingKey) -> Zeroizing<[u8; KEY_BYTES]> {
        root.derive(self.info())
    }
}
