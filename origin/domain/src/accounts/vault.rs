//! Encrypts secrets that must be readable again, but not from a backup: keys of
//! authenticator apps. XChaCha20-Poly1305 under keys derived from the console's
//! ring; the row that a secret belongs to is authenticated with it.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use munjigi_keys::{KeyRing, Kid};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

const INFO: &[u8] = b"munjigi/v1/console-vault";
const NONCE_BYTES: usize = 24;

/// Decrypts with any key of the ring; encrypts with its first.
#[derive(Clone)]
pub struct Vault {
    ciphers: Vec<(Kid, XChaCha20Poly1305)>,
}

/// Modified, from another row, or encrypted under a key that is no longer in
/// the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key in MUNJIGI_CONSOLE_KEYS opens it")]
pub struct VaultError;

impl Vault {
    /// With the keys of a ring.
    pub fn new(ring: &KeyRing) -> Self {
        let cipher = |key: &munjigi_keys::RingKey| {
            (key.kid(), XChaCha20Poly1305::new((&*key.derive(INFO)).into()))
        };
        Self { ciphers: ring.keys().map(cipher).collect() }
    }

    /// Encrypts: kid, zero, nonce, ciphertext with its tag. `row` names what it
    /// belongs to.
    #[expect(clippy::missing_panics_doc, reason = "a ring has a key, and what is closed is short")]
    pub fn close(&self, row: &str, plain: &[u8], entropy: &Entropy) -> Vec<u8> {
        let (kid, cipher) = self.ciphers.first().expect("a ring has a first key");
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let payload = Payload { msg: plain, aad: row.as_bytes() };
        let closed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("far below the cipher's longest message");
        [kid.as_str().as_bytes(), &[0], &nonce, &closed].concat()
    }

    /// Decrypts.
    pub fn open(&self, row: &str, closed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut parts = closed.splitn(2, |byte| *byte == 0);
        let (kid, rest) = (parts.next().ok_or(VaultError)?, parts.next().ok_or(VaultError)?);
        let (nonce, closed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError)?;
        let by = self.ciphers.iter().find(|(other, _)| other.as_str().as_bytes() == kid);
        let (_, cipher) = by.ok_or(VaultError)?;
        let payload = Payload { msg: closed, aad: row.as_bytes() };
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError)?;
        Ok(Zeroizing::new(plain))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const B: &str = "_________________________________________-8";

    fn vault(ring: &str) -> Vault {
        Vault::new(&KeyRing::parse(ring).unwrap())
    }

    #[test]
    fn what_is_closed_opens_for_its_row_alone() {
        let vault = vault(&format!("k1:{A}"));
        let entropy = Entropy::from_seed(1);
        let closed = vault.close("row", b"a key", &entropy);
        assert_eq!(**vault.open("row", &closed).unwrap(), *b"a key");
        assert_eq!(vault.open("another", &closed), Err(VaultError));
        assert_ne!(vault.close("row", b"a key", &entropy), closed);
        for at in 0..closed.len() {
            let mut changed = closed.clone();
            changed[at] ^= 1;
            assert_eq!(vault.open("row", &changed), Err(VaultError), "{at}");
            assert_eq!(vault.open("row", &closed[..at]), Err(VaultError), "{at}");
        }
    }

    #[test]
    fn a_rotation_keeps_what_was_closed_before() {
        let entropy = Entropy::from_seed(1);
        let (old, both, new) = (
            vault(&format!("k1:{A}")),
            vault(&format!("k2:{B},k1:{A}")),
            vault(&format!("k2:{B}")),
        );
        let before = old.close("row", b"a key", &entropy);
        assert!(both.open("row", &before).is_ok());
        assert!(new.open("row", &before).is_err());
        assert!(new.open("row", &both.close("row", b"a key", &entropy)).is_ok());
    }
}
