//! What the edge's root keys are derived into: a key for one purpose each.

use munjigi_keys::{KEY_BYTES, RingKey};
use zeroize::Zeroizing;

/// What a root key is used for. A seal of one purpose never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Tags of tokens.
    Token,
    /// Encryption of challenges.
    Challenge,
    /// The pseudonym of a network prefix for a site and a day: inside a
    /// challenge and in the counters.
    Visitor,
    /// Which picture belongs to an attempt.
    Picture,
    /// Encryption of the names of its images.
    PictureName,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Token => b"munjigi/v1/token",
            Self::Challenge => b"munjigi/v1/challenge",
            Self::Visitor => b"munjigi/v1/visitor",
            Self::Picture => b"munjigi/v1/picture",
            Self::PictureName => b"munjigi/v1/picture-name",
        }
    }

    /// The key of this purpose.
    pub fn key(self, root: &RingKey) -> Zeroizing<[u8; KEY_BYTES]> {
        root.derive(self.info())
    }
}
