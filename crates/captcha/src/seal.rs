//! The frame that every seal has, `mj1.<kid>.<payload>.<tag>`, and the one
//! reading of a payload. What a seal says and which key makes it is in
//! `token` and `challenge`.

use munjigi_protocol::base64;
use serde::{Deserialize, Serialize};

use crate::ring::Kid;

/// Longest seal that is looked at, and made.
pub const MAX_SEAL_CHARS: usize = 2_048;

/// Version of the frame, and of the payloads in it.
pub(crate) const VERSION: u8 = 1;
pub(crate) const VERSION_TEXT: &str = "mj1";

/// Not sealed by us, changed, of another purpose, or by an unknown key;
/// nothing tells these apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a seal of ours")]
pub struct SealError;

/// A seal taken apart; nothing in it is known to be ours yet.
pub(crate) struct Frame<const TAG: usize> {
    pub kid: Kid,
    pub payload: Vec<u8>,
    pub tag: [u8; TAG],
}

impl<const TAG: usize> Frame<TAG> {
    /// Takes a text apart. One spelling per seal: four parts, base64 without
    /// padding and with its spare bits zero.
    pub fn read(text: &str) -> Result<Self, SealError> {
        if text.len() > MAX_SEAL_CHARS {
            return Err(SealError);
        }
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(SealError);
        let (version, kid, payload, tag_text) = (next()?, next()?, next()?, next()?);
        if version != VERSION_TEXT || parts.next().is_some() {
            return Err(SealError);
        }
        let kid = Kid::parse(kid).ok_or(SealError)?;
        let tag = base64::decode_array(tag_text).ok_or(SealError)?;
        let payload = base64::decode(payload).ok_or(SealError)?;
        Ok(Self { kid, payload, tag })
    }

    /// Puts a seal together.
    pub fn write(&self) -> String {
        let (payload, tag) = (base64::encode(&self.payload), base64::encode(&self.tag));
        [VERSION_TEXT, self.kid.as_str(), &payload, &tag].join(".")
    }
}

/// Reads a payload whose tag was right: no trailing bytes, and the one
/// encoding of its value, which postcard alone does not insist on.
pub(crate) fn decode<'a, T: Deserialize<'a> + Serialize>(
    payload: &'a [u8],
) -> Result<T, SealError> {
    let (value, rest) = postcard::take_from_bytes::<T>(payload).map_err(|_| SealError)?;
    if !rest.is_empty() || encode(&value) != payload {
        return Err(SealError);
    }
    Ok(value)
}

/// Writes a payload.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("payloads are structs of numbers, texts and bytes")
}

#[cfg(test)]
mod tests;
