//! The frame that all seals share, `mj1.<kid>.<payload>.<tag>`, its encryption
//! where it has one, and the canonical decoding of a payload. `token`,
//! `challenge` and `pictures::name` define what a seal says and which key makes
//! it.
//!
//! **seal**: an encrypted or authenticated payload under a key of its own
//! purpose.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use munjigi_protocol::base64;
use serde::{Deserialize, Serialize};

use munjigi_keys::Kid;

/// Longest token, and longest name of a picture, that is read or written.
pub const MAX_SEAL_CHARS: usize = 2_048;

/// Longest challenge: it may hold the masks of three rounds, 64 × 64 bits
/// each.
pub const MAX_CHALLENGE_CHARS: usize = 4_096;

/// Version of the frame. Each payload begins with a version of its own.
pub(crate) const FRAME_VERSION: &str = "mj1";

/// Not sealed by us, modified, of another purpose, or by an unknown key; these
/// cases are indistinguishable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a seal of this service")]
pub struct SealError;

/// A seal split into its parts, none of which is authenticated yet.
pub(crate) struct Frame<const TAG: usize> {
    pub kid: Kid,
    pub payload: Vec<u8>,
    pub tag: [u8; TAG],
}

impl<const TAG: usize> Frame<TAG> {
    /// Splits a text. One spelling per seal: four parts, base64 without padding
    /// and with its spare bits zero.
    pub fn read(text: &str, max_chars: usize) -> Result<Self, SealError> {
        if text.len() > max_chars {
            return Err(SealError);
        }
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(SealError);
        let (version, kid, payload, tag_text) = (next()?, next()?, next()?, next()?);
        if version != FRAME_VERSION || parts.next().is_some() {
            return Err(SealError);
        }
        let kid = Kid::parse(kid).ok_or(SealError)?;
        let tag = base64::decode_array(tag_text).ok_or(SealError)?;
        let payload = base64::decode(payload).ok_or(SealError)?;
        Ok(Self { kid, payload, tag })
    }

    /// Joins the parts of a seal.
    pub fn write(&self) -> String {
        let (payload, tag) = (base64::encode(&self.payload), base64::encode(&self.tag));
        [FRAME_VERSION, self.kid.as_str(), &payload, &tag].join(".")
    }
}

/// Length of the nonce in front of the ciphertext.
pub(crate) const NONCE_BYTES: usize = 24;

/// A seal by XChaCha20-Poly1305: its payload is the nonce and the ciphertext.
pub(crate) type Encrypted = Frame<16>;

impl Encrypted {
    /// Encrypts and authenticates a message, and authenticates the associated
    /// data.
    pub fn encrypt(
        kid: Kid,
        cipher: &XChaCha20Poly1305,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        message: &[u8],
    ) -> Self {
        let mut payload = [nonce.as_slice(), message].concat();
        let (_, message) = payload.split_at_mut(NONCE_BYTES);
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), associated, message.into())
            .expect("a payload of some hundred bytes is far below the cipher's limit");
        Self { kid, payload, tag: tag.into() }
    }

    /// Decrypts the message in place if the whole seal is unchanged.
    pub fn decrypt(
        &mut self,
        cipher: &XChaCha20Poly1305,
        associated: &[u8],
    ) -> Result<&[u8], SealError> {
        let (nonce, message) =
            self.payload.split_first_chunk_mut::<NONCE_BYTES>().ok_or(SealError)?;
        cipher
            .decrypt_inout_detached(
                &(*nonce).into(),
                associated,
                (&mut *message).into(),
                &self.tag.into(),
            )
            .map_err(|_| SealError)?;
        Ok(message)
    }
}

/// Decodes a payload whose tag was right. Refuses trailing bytes and
/// non-canonical encodings, which postcard alone accepts.
pub(crate) fn decode<'a, T: Deserialize<'a> + Serialize>(
    payload: &'a [u8],
) -> Result<T, SealError> {
    let (value, rest) = postcard::take_from_bytes::<T>(payload).map_err(|_| SealError)?;
    if !rest.is_empty() || encode(&value) != payload {
        return Err(SealError);
    }
    Ok(value)
}

/// Encodes a payload.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("payloads are structs of numbers, texts and bytes")
}

#[cfg(test)]
mod tests;
