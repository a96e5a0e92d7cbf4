//! The signature between edge and origin: the header `Munjigi-Signature`.
//! Whether a nonce was seen before is the caller's store to say.

use munjigi_protocol::{Code, base64};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::derive::MacKey;
use crate::ring::{KeyRing, Kid, RingKey};
use crate::time::UnixMillis;

/// How far the two clocks may be apart, in seconds. A seen nonce must be
/// kept for twice as long.
pub const MAX_SKEW_SECONDS: u64 = 300;

/// Whom a request is meant for: a request to the one never counts at the
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// `/internal/*` of the edge.
    Edge,
    /// `/internal/*` of the origin.
    Origin,
    /// Everything of the gpu-backend that costs something.
    Gpu,
}

impl Audience {
    /// The spelling in the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Origin => "origin",
            Self::Gpu => "gpu",
        }
    }
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// Whom it is meant for.
    pub audience: Audience,
    /// The method, upper case.
    pub method: &'a str,
    /// The path as it is sent, from its first slash.
    pub path: &'a str,
    /// The query as it is sent, without its question mark; may be empty.
    pub query: &'a str,
    /// The body; may be empty.
    pub body: &'a [u8],
}

/// Names one signing; the receiver takes each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No header.
    #[error("the request carries no signature")]
    Unsigned,
    /// Malformed, of another audience, by an unknown key, or over another
    /// request; nothing tells these apart.
    #[error("the signature does not match the request")]
    Invalid,
    /// Rightly signed, at a time more than five minutes away from ours.
    #[error("the signature is more than five minutes away from our clock")]
    ClockSkew,
}

impl SignatureError {
    /// The code of the answer.
    pub const fn code(self) -> Code {
        match self {
            Self::Unsigned => Code::Unsigned,
            Self::Invalid => Code::SignatureInvalid,
            Self::ClockSkew => Code::ClockSkew,
        }
    }
}

/// The header's value for a request, by the ring's first key. `nonce` is 16
/// random bytes, new for every try.
pub fn sign(ring: &KeyRing, request: &SignedRequest<'_>, now: UnixMillis, nonce: Nonce) -> String {
    let key = ring.first();
    let seconds = now.seconds().to_string();
    let tag = tag(key, request, &seconds, nonce);
    [
        "k=",
        key.kid().as_str(),
        ", a=",
        request.audience.as_str(),
        ", t=",
        &seconds,
        ", n=",
        &base64::encode(&nonce.0),
        ", s=",
        &base64::encode(&tag),
    ]
    .concat()
}

/// Checks a header against the request it came with. The nonce is for the
/// caller to remember: a second request with it is `replayed`.
pub fn verify(
    ring: &KeyRing,
    header: Option<&str>,
    request: &SignedRequest<'_>,
    now: UnixMillis,
) -> Result<Nonce, SignatureError> {
    let header = header.ok_or(SignatureError::Unsigned)?;
    let parts = Parts::read(header).ok_or(SignatureError::Invalid)?;
    let key = ring.find(parts.kid).ok_or(SignatureError::Invalid)?;
    // The audience is signed as we know ourselves, not as the header claims.
    let expected = tag(key, request, parts.seconds_text, parts.nonce);
    let right =
        expected.ct_eq(&parts.tag) & parts.audience.ct_eq(request.audience.as_str().as_bytes());
    if !bool::from(right) {
        return Err(SignatureError::Invalid);
    }
    if now.seconds().abs_diff(parts.seconds) > MAX_SKEW_SECONDS {
        return Err(SignatureError::ClockSkew);
    }
    Ok(parts.nonce)
}

fn tag(key: &RingKey, request: &SignedRequest<'_>, seconds: &str, nonce: Nonce) -> [u8; 32] {
    MacKey::new(key.bytes()).tag_framed(&[
        request.audience.as_str().as_bytes(),
        request.method.as_bytes(),
        request.path.as_bytes(),
        request.query.as_bytes(),
        seconds.as_bytes(),
        &nonce.0,
        &Sha256::digest(request.body),
    ])
}

struct Parts<'a> {
    kid: Kid,
    audience: &'a [u8],
    seconds: u64,
    seconds_text: &'a str,
    nonce: Nonce,
    tag: [u8; 32],
}

impl<'a> Parts<'a> {
    /// The one spelling that [`sign`] writes, and no other.
    fn read(header: &'a str) -> Option<Self> {
        let (kid, rest) = header.strip_prefix("k=")?.split_once(", a=")?;
        let (audience, rest) = rest.split_once(", t=")?;
        let (seconds_text, rest) = rest.split_once(", n=")?;
        let (nonce, tag) = rest.split_once(", s=")?;
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
            tag: base64::decode_array(tag)?,
        })
    }
}

#[cfg(test)]
mod tests;
