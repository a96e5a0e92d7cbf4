//! Key rings: named 32-byte keys, of which the first seals and all open, and
//! the keys derived from them. The operator performs rotations.
//!
//! **key ring**: a list of `kid:key`, of which the first seals or signs and all
//! open; a kid names a key.

use core::fmt;

use hkdf::Hkdf;
use munjigi_protocol::base64;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Most keys in one ring. A rotation needs two; each is derived into several
/// purposes when an isolate starts.
const MAX_KEYS: usize = 8;

const MAX_KID_BYTES: usize = 16;

/// A key's name: 1–16 of `[a-z0-9]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid {
    bytes: [u8; MAX_KID_BYTES],
    len: u8,
}

impl Kid {
    /// Reads a kid; `None` unless it is 1–16 of `[a-z0-9]`.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=MAX_KID_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !well_formed {
            return None;
        }
        let mut bytes = [0; MAX_KID_BYTES];
        for (slot, byte) in bytes.iter_mut().zip(text.bytes()) {
            *slot = byte;
        }
        Some(Self { bytes, len: u8::try_from(text.len()).ok()? })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One key with its name. `Debug` prints the type's name only.
#[derive(Clone)]
pub struct RingKey {
    kid: Kid,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl RingKey {
    /// The name under which the ring lists the key.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// Derives a key for another purpose with HKDF-SHA256 (RFC 5869, without a
    /// salt: the root keys are already uniform). `info` names the purpose and
    /// must be unique to it.
    pub fn derive(&self, info: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
        expand(&self.key, info)
    }

    /// The key itself, for signing.
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }
}

impl fmt::Debug for RingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RingKey")
    }
}

/// At least one key; the first seals, all open. `Debug` prints the type's
/// name only; keys are wiped on drop.
#[derive(Clone)]
pub struct KeyRing {
    first: RingKey,
    others: Vec<RingKey>,
}

/// Why a variable is not a valid key ring. Only the operator can correct these;
/// no message repeats the variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// The variable is empty.
    #[error("the ring is empty: use kid:key, where key is 32 bytes in unpadded URL-safe base64")]
    Empty,
    /// More keys than any rotation needs.
    #[error("the ring has more than 8 keys")]
    TooManyKeys,
    /// An entry has no colon.
    #[error("entry {0} of the ring is not kid:key")]
    NoColon(usize),
    /// An entry is a key derived for calls, not a key of the ring.
    #[error(
        "entry {0} is a key derived for one receiver of calls; use the ring that it was derived from"
    )]
    Derived(usize),
    /// A kid is not 1–16 of `[a-z0-9]`.
    #[error("the kid of entry {0} is not 1 to 16 of a-z and 0-9")]
    BadKid(usize),
    /// Two entries have the same kid.
    #[error("the kid of entry {0} is used twice")]
    SameKid(usize),
    /// A key is not 32 bytes of unpadded URL-safe base64.
    #[error("the key of entry {0} is not 32 bytes in unpadded URL-safe base64")]
    BadKey(usize),
    /// Two entries have the same key: a rotation that rotates nothing.
    #[error("the key of entry {0} is used twice")]
    SameKey(usize),
}

impl KeyRing {
    /// Reads `kid:base64,kid:base64,…`. Entries are counted from 1 in errors.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        if text.is_empty() {
            return Err(RingError::Empty);
        }
        let mut keys: Vec<RingKey> = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            let number = index + 1;
            if index == MAX_KEYS {
                return Err(RingError::TooManyKeys);
            }
            let (kid, key) = entry.split_once(':').ok_or(RingError::NoColon(number))?;
            let kid = match Kid::parse(kid) {
                Some(kid) => kid,
                None if kid.contains('/') => return Err(RingError::Derived(number)),
                None => return Err(RingError::BadKid(number)),
            };
            let key = parse_key(key).ok_or(RingError::BadKey(number))?;
            if keys.iter().any(|other| other.kid == kid) {
                return Err(RingError::SameKid(number));
            }
            if keys.iter().any(|other| *other.key == *key) {
                return Err(RingError::SameKey(number));
            }
            keys.push(RingKey { kid, key });
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(RingError::Empty)?;
        Ok(Self { first, others: keys.collect() })
    }

    /// A ring with the same names whose keys are derived for another purpose,
    /// with HKDF-SHA256.
    pub(crate) fn derive(&self, info: &[u8]) -> Self {
        let derived = |key: &RingKey| RingKey { kid: key.kid, key: key.derive(info) };
        Self { first: derived(&self.first), others: self.others.iter().map(derived).collect() }
    }

    /// The key that seals.
    pub const fn first(&self) -> &RingKey {
        &self.first
    }

    /// The key of this name; `None` if the ring does not have it.
    pub fn find(&self, kid: Kid) -> Option<&RingKey> {
        self.keys().find(|key| key.kid == kid)
    }

    /// Every key; the one that seals comes first.
    pub fn keys(&self) -> impl Iterator<Item = &RingKey> {
        core::iter::once(&self.first).chain(&self.others)
    }

    /// Every name; that of the sealing key comes first.
    pub fn kids(&self) -> impl Iterator<Item = Kid> {
        self.keys().map(RingKey::kid)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing")
    }
}

fn expand(root: &[u8; KEY_BYTES], info: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Hkdf::<Sha256>::new(None, root)
        .expand(info, &mut *key)
        .expect("32 bytes are one block of HKDF-SHA256, which gives up to 255");
    key
}

/// Reads 32 bytes of unpadded URL-safe base64; `None` for anything else.
pub fn parse_key(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    base64::decode_array(text).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const B: &str = "_________________________________________-8";

    #[test]
    fn the_first_key_seals_and_all_are_found() {
        let ring = KeyRing::parse(&format!("k2:{A},k1:{B}")).unwrap();
        assert_eq!(ring.first().kid().as_str(), "k2");
        assert_eq!(ring.kids().map(|kid| kid.to_string()).collect::<Vec<_>>(), ["k2", "k1"]);
        let second = ring.find(Kid::parse("k1").unwrap()).unwrap();
        assert_eq!(second.bytes()[..2], [0xff, 0xff]);
        assert!(ring.find(Kid::parse("k3").unwrap()).is_none());
    }

    #[test]
    fn each_mistake_is_named_with_its_entry() {
        let nine = (0..9).map(|i| format!("k{i}:{A}")).collect::<Vec<_>>().join(",");
        for (text, error) in [
            (String::new(), RingError::Empty),
            (A.to_owned(), RingError::NoColon(1)),
            (format!("k1:{A},"), RingError::NoColon(2)),
            (format!(":{A}"), RingError::BadKid(1)),
            (format!("K1:{A}"), RingError::BadKid(1)),
            (format!("k1234567890123456:{A}"), RingError::BadKid(1)),
            (format!("k1:{A},edge/k2:{B}"), RingError::Derived(2)),
            (format!("k1:{A}="), RingError::BadKey(1)),
            (format!(" k1:{A}"), RingError::BadKid(1)),
            (format!("k1: {A}"), RingError::BadKey(1)),
            (format!("k1:{}", &A[1..]), RingError::BadKey(1)),
            // Spare bits set: another spelling of the same key.
            (format!("k1:{}9", &A[..42]), RingError::BadKey(1)),
            // The other alphabet.
            (format!("k1:{}", B.replace('_', "/").replace('-', "+")), RingError::BadKey(1)),
            (format!("k1:{A},k1:{B}"), RingError::SameKid(2)),
            (format!("k1:{A},k2:{A}"), RingError::SameKey(2)),
            (nine, RingError::SameKey(2)),
        ] {
            assert_eq!(KeyRing::parse(&text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = KeyRing::parse(&format!("k1:{A}")).unwrap();
        assert_eq!(format!("{ring:?} {:?}", ring.first()), "KeyRing RingKey");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,120}") {
            let _ = KeyRing::parse(&text);
        }

        #[test]
        fn a_kid_has_one_spelling(text in "[a-zA-Z0-9-]{0,18}") {
            if let Some(kid) = Kid::parse(&text) {
                prop_assert_eq!(kid.as_str(), text);
            }
        }
    }
}
