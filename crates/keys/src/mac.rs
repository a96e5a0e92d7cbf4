//! HMAC-SHA256 and the framing of what is authenticated.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ring::KEY_BYTES;

/// The first `N` bytes of a digest, where a shorter name is enough.
pub fn leading<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32, "a digest has 32 bytes") };
    core::array::from_fn(|i| digest[i])
}

/// An HMAC whose key is already processed: a clone per message saves two of its
/// four compressions. Its state is wiped on drop (feature `zeroize` of `hmac`).
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Processes the key, once for many messages.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(keyed(key))
    }

    /// The tag over parts, each preceded by its length as u32le, so that
    /// different lists of parts never give the same bytes.
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

    /// The tag over the concatenated parts; for formats whose parts have fixed
    /// lengths.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
