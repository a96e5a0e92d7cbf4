//! Sitekeys and secrets: the keys that people hold, their spelling and their
//! check bytes. Only a holder of `MUNJIGI_KEY_CHECK` can make one that passes,
//! so an invented key costs no look-up. The store knows which site a key
//! belongs to.
//!
//! **secret**: `mjs_…`, the key that a back end sends to siteverify.

mod vendor;

use core::fmt;
use std::borrow::Cow;

use munjigi_keys::{MacKey, parse_key};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::crockford;

pub use vendor::{Alias, Vendor};

const SITEKEY_PREFIX: &str = "mj_";
const SECRET_PREFIX: &str = "mjs_";
const SITEKEY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const CHECK_BYTES: usize = 4;

/// Why a text is not one of our keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the prefix, length, digits or spare bits of this kind of key.
    #[error("it does not have the format of this kind of key")]
    Shape,
    /// The check bytes do not match: mistyped, or invented.
    #[error("the key's check does not match")]
    Check,
    /// `MUNJIGI_KEY_CHECK` is not 32 bytes of unpadded URL-safe base64.
    #[error("the check key is not 32 bytes in unpadded URL-safe base64")]
    BadCheckKey,
}

/// A site's public key, `mj_` and 26 characters. Its shape is valid; its check
/// bytes are known to be valid only when it comes from [`KeyCheck::sitekey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sitekey([u8; SITEKEY_BYTES]);

impl Sitekey {
    /// Reads a sitekey that was checked before: from a configuration that the
    /// origin signed, or from a store of our own.
    pub fn from_trusted(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix(SITEKEY_PREFIX).ok_or(KeyError::Shape)?;
        crockford::decode(digits).map(Self).ok_or(KeyError::Shape)
    }

    /// The bytes that the digits encode, including the check bytes.
    pub const fn as_bytes(&self) -> &[u8; SITEKEY_BYTES] {
        &self.0
    }
}

impl fmt::Display for Sitekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SITEKEY_PREFIX)?;
        f.write_str(&crockford::encode(&self.0))
    }
}

/// Text where people may read it, bytes inside seals.
impl Serialize for Sitekey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Sitekey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <Cow<'de, str>>::deserialize(deserializer)?;
            Self::from_trusted(&text).map_err(serde::de::Error::custom)
        } else {
            <[u8; SITEKEY_BYTES]>::deserialize(deserializer).map(Self)
        }
    }
}

impl fmt::Debug for Sitekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A site's secret: `mjs_` and 52 digits, or in the shape of a vendor's. Either
/// its check passed, or a vendor issued it. `Debug` prints the type's name
/// only; it is wiped on drop.
#[derive(Clone)]
pub struct Secret {
    vendor: Option<Vendor>,
    text: Zeroizing<String>,
}

impl Secret {
    /// Reads a secret issued by a vendor, judging by shape alone. It has no
    /// check of ours and is valid only where it was imported.
    pub fn foreign(text: &str) -> Option<Self> {
        let vendor = Vendor::of_secret(text)?;
        Some(Self { vendor: Some(vendor), text: Zeroizing::new(text.to_owned()) })
    }

    /// The text, to be shown to its owner once.
    pub fn reveal(&self) -> Zeroizing<String> {
        self.text.clone()
    }

    /// The hash by which a secret is stored and looked up.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.text)
    }

    /// The vendor whose shape it has; `None` for ours.
    pub const fn vendor(&self) -> Option<Vendor> {
        self.vendor
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for Secret {}

/// SHA-256 of a secret's text, as 64 lower-case hex digits. The secret has
/// 28 random bytes, so its hash needs no salt and no stretching.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes the text of a secret.
    fn of(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
        Self(digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// The hash of the empty text, which is no one's secret.
    pub(crate) fn of_none() -> Self {
        Self::of("")
    }

    /// Reads a stored hash; `None` unless it is 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed =
            text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes and checks keys. `Debug` prints the type's name only.
#[derive(Clone)]
pub struct KeyCheck(MacKey);

impl KeyCheck {
    /// Reads `MUNJIGI_KEY_CHECK`: 32 bytes of unpadded URL-safe base64.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        parse_key(text).map(|key| Self(MacKey::new(&key))).ok_or(KeyError::BadCheckKey)
    }

    /// Generates a sitekey.
    pub fn mint_sitekey(&self, rng: &mut (impl CryptoRng + ?Sized)) -> Sitekey {
        Sitekey(self.mint(SITEKEY_PREFIX, rng))
    }

    /// Generates a secret.
    pub fn mint_secret(&self, rng: &mut (impl CryptoRng + ?Sized)) -> Secret {
        let mut digits = crockford::encode(&self.mint::<SECRET_BYTES>(SECRET_PREFIX, rng));
        let text = Zeroizing::new([SECRET_PREFIX, digits.as_str()].concat());
        digits.zeroize();
        Secret { vendor: None, text }
    }

    /// Reads a sitekey that a client sent, and checks it.
    pub fn sitekey(&self, text: &str) -> Result<Sitekey, KeyError> {
        let sitekey = Sitekey::from_trusted(text)?;
        if self.passes(SITEKEY_PREFIX, &sitekey.0) { Ok(sitekey) } else { Err(KeyError::Check) }
    }

    /// Reads a secret that a client sent, in our shape or a vendor's.
    pub fn secret(&self, text: &str) -> Result<Secret, KeyError> {
        if let Some(vendor) = Vendor::of_secret(text) {
            return self.secret_of(vendor, text);
        }
        let digits = text.strip_prefix(SECRET_PREFIX).ok_or(KeyError::Shape)?;
        let bytes = crockford::decode::<SECRET_BYTES>(digits).ok_or(KeyError::Shape)?;
        if self.passes(SECRET_PREFIX, &bytes) {
            Ok(Secret { vendor: None, text: Zeroizing::new(text.to_owned()) })
        } else {
            Err(KeyError::Check)
        }
    }

    /// The fingerprint of an imported key in the filter, made of its kind and
    /// its name or hash. No label for check bytes starts like it.
    pub(crate) fn tag_import(&self, kind: &str, name: &str) -> [u8; 32] {
        self.0.tag(&[b"import-", kind.as_bytes(), b"\n", name.as_bytes()])
    }

    fn mint<const N: usize>(&self, prefix: &str, rng: &mut (impl CryptoRng + ?Sized)) -> [u8; N] {
        let mut bytes = [0; N];
        let (random, check) = bytes.split_at_mut(N - CHECK_BYTES);
        rng.fill_bytes(random);
        let tag = self.0.tag(&[prefix.as_bytes(), random]);
        for (slot, byte) in check.iter_mut().zip(tag) {
            *slot = byte;
        }
        bytes
    }

    fn passes(&self, prefix: &str, bytes: &[u8]) -> bool {
        let Some((random, check)) = bytes.split_last_chunk::<CHECK_BYTES>() else { return false };
        let tag = self.0.tag(&[prefix.as_bytes(), random]);
        tag.first_chunk::<CHECK_BYTES>().is_some_and(|tag| tag.ct_eq(check).into())
    }
}

impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCheck")
    }
}

#[cfg(test)]
mod tests;
