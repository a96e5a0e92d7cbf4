//! Keys for one purpose each, derived by HKDF-SHA256 (RFC 5869, no salt: the
//! root keys are uniform already), and the framing of what is authenticated.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ring::{KEY_BYTES, RingKey};

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
}

/// The key of a purpose.
pub fn derive(root: &RingKey, purpose: Purpose) -> Zeroizing<[u8; KEY_BYTES]> {
    expand(root, purpose.info())
}

/// The key of a purpose by its name.
pub fn expand(root: &RingKey, info: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Hkdf::<Sha256>::new(None, root.bytes())
        .expand(info, &mut *key)
        .expect("32 bytes are one block of HKDF-SHA256, which gives up to 255");
    key
}

/// The first bytes of a digest, where a shorter name will do.
pub fn leading<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32, "a digest has 32 bytes") };
    core::array::from_fn(|i| digest[i])
}

/// An HMAC whose key is already worked in: a clone per message saves two of
/// its four compressions. Its state is wiped on drop (feature `zeroize` of
/// `hmac`).
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes the key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The tag over parts, each preceded by its length as u32le, so that no
    /// two lists of parts are the same bytes.
    pub fn tag_framed(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            // Nothing near 4 GiB is ever authenticated: bodies are capped at 1 MiB.
            let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
            mac.update(&len.to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The tag over parts as they follow each other; for formats whose parts
    /// have fixed lengths.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}
