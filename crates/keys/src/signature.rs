//! The signature of calls between edge, origin and gpu-backend: the header
//! `Munjigi-Signature`. The body is signed by its digest, which the header
//! states, so the receiver knows that a call is ours before it reads the body.
//! The caller's store checks whether a nonce was seen before.
//!
//! **audience**: the receiver that a signed call is for: `edge`, `origin` or
//! `gpu`.

mod keys;

use munjigi_protocol::{Code, base64};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::mac::MacKey;
use crate::ring::{Kid, RingKey};
use crate::time::UnixMillis;

pub use keys::{Audience, AudienceKeys, CallKeys, CallKeysError};

/// The largest difference between the two clocks, in seconds. A seen nonce must
/// be remembered for twice as long.
pub const MAX_SKEW_SECONDS: u64 = 300;

/// The signed parts of a request other than its body.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The path as it is sent, from its first slash.
    pub path: &'a str,
    /// The query as it is sent, without its question mark; may be empty.
    pub query: &'a str,
}

/// Identifies one signature; the receiver accepts each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

/// A request whose head was signed; its body is still to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// The receiver must remember it: a second request with it is `replayed`.
    pub nonce: Nonce,
    digest: [u8; 32],
}

impl Signed {
    /// Checks the received body against the signed digest.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Invalid`] if it is a different body.
    pub fn check(&self, body: &[u8]) -> Result<(), SignatureError> {
        let digest: [u8; 32] = Sha256::digest(body).into();
        if digest == self.digest { Ok(()) } else { Err(SignatureError::Invalid) }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request has no signature header.
    #[error("the request has no signature")]
    Unsigned,
    /// Malformed, for another audience, by an unknown key, or over another
    /// request; these cases are indistinguishable.
    #[error("the signature does not match the request")]
    Invalid,
    /// Validly signed, but at a time more than five minutes away from ours.
    #[error("the signature's time differs from our clock by more than five minutes")]
    ClockSkew,
}

impl SignatureError {
    /// The code for the answer.
    pub const fn code(self) -> Code {
        match self {
            Self::Unsigned => Code::Unsigned,
            Self::Invalid => Code::SignatureInvalid,
            Self::ClockSkew => Code::ClockSkew,
        }
    }
}

impl AudienceKeys {
    /// The header's value for a request, signed with the first key. `nonce` is
    /// 16 random bytes, new for every attempt.
    pub fn sign(&self, head: &Head<'_>, body: &[u8], now: UnixMillis, nonce: Nonce) -> String {
        let key = self.first();
        let seconds = now.seconds().to_string();
        let digest = Sha256::digest(body).into();
        let tag = self.tag(key, head, &seconds, nonce, &digest);
        [
            "k=",
            key.kid().as_str(),
            ", a=",
            self.audience().as_str(),
            ", t=",
            &seconds,
            ", n=",
            &base64::encode(&nonce.0),
            ", d=",
            &base64::encode(&digest),
            ", s=",
            &base64::encode(&tag),
        ]
        .concat()
    }

    /// Checks a header against the head of the request it came with. The body
    /// is known only by its digest until [`Signed::check`].
    ///
    /// # Errors
    ///
    /// See [`SignatureError`].
    pub fn verify(
        &self,
        header: Option<&str>,
        head: &Head<'_>,
        now: UnixMillis,
    ) -> Result<Signed, SignatureError> {
        let header = header.ok_or(SignatureError::Unsigned)?;
        let parts = Parts::read(header).ok_or(SignatureError::Invalid)?;
        let key = self.find(parts.kid).ok_or(SignatureError::Invalid)?;
        // The audience is our own, not the one that the header claims.
        let expected = self.tag(key, head, parts.seconds_text, parts.nonce, &parts.digest);
        let named = parts.audience.ct_eq(self.audience().as_str().as_bytes());
        if !bool::from(expected.ct_eq(&parts.tag) & named) {
            return Err(SignatureError::Invalid);
        }
        if now.seconds().abs_diff(parts.seconds) > MAX_SKEW_SECONDS {
            return Err(SignatureError::ClockSkew);
        }
        Ok(Signed { nonce: parts.nonce, digest: parts.digest })
    }

    fn tag(
        &self,
        key: &RingKey,
        head: &Head<'_>,
        seconds: &str,
        nonce: Nonce,
        digest: &[u8; 32],
    ) -> [u8; 32] {
        MacKey::new(key.bytes()).tag_framed(&[
            self.audience().as_str().as_bytes(),
            head.method.as_bytes(),
            head.path.as_bytes(),
            head.query.as_bytes(),
            seconds.as_bytes(),
            &nonce.0,
            digest,
        ])
    }
}

struct Parts<'a> {
    kid: Kid,
    audience: &'a [u8],
    seconds: u64,
    seconds_text: &'a str,
    nonce: Nonce,
    digest: [u8; 32],
    tag: [u8; 32],
}

impl<'a> Parts<'a> {
    /// Accepts only the spelling that [`AudienceKeys::sign`] writes.
    fn read(header: &'a str) -> Option<Self> {
        let (kid, rest) = header.strip_prefix("k=")?.split_once(", a=")?;
        let (audience, rest) = rest.split_once(", t=")?;
        let (seconds_text, rest) = rest.split_once(", n=")?;
        let (nonce, rest) = rest.split_once(", d=")?;
        let (digest, tag) = rest.split_once(", s=")?;
        // Ten digits last until the year 2286; more would only be a long text.
        let plain = (1..=10).contains(&seconds_text.len())
            && seconds_text.bytes().all(|byte| byte.is_ascii_digit())
            && (seconds_text.len() == 1 || !seconds_text.starts_with('0'));
        if !plain {
            return None;
        }
        Some(Self {
            kid: Kid::parse(kid)?,
            audience: audience.as_bytes(),
            seconds: seconds_text.parse().ok()?,
            seconds_text,
            nonce: Nonce(base64::decode_array(nonce)?),
            digest: base64::decode_array(digest)?,
            tag: base64::decode_array(tag)?,
        })
    }
}

#[cfg(test)]
mod tests;
