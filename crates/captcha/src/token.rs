//! Tokens: what a token states and how it is sealed. `siteverify` and
//! `redemption` decide whether it is still valid.
//!
//! **token**: what a passed attempt earns: sealed, short-lived, good once.

use munjigi_keys::{Kid, MacKey, UnixMillis, leading};
use munjigi_protocol::{Algorithm, AttemptId, Signs};
use postcard::fixint;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::labels::{Action, Cdata};
use crate::seal::{Frame, MAX_SEAL_CHARS, SealError, decode, encode};
use crate::visit::Country;

/// Version of the payload.
const VERSION: u8 = 4;

/// What a token states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The attempt that earned it.
    pub id: AttemptId,
    /// How long the attempt's row is kept, in whole seconds.
    pub keep_until: UnixMillis,
    /// Which store has the attempt's row; see [`RowAddress`](crate::ports::RowAddress).
    pub store: u16,
    /// The site that it is for.
    pub sitekey: Sitekey,
    /// Host of the page.
    pub hostname: Hostname,
    /// What the visitor was doing.
    pub action: Action,
    /// The integrator's data.
    pub cdata: Cdata,
    /// When the challenge was solved.
    pub solved_at: UnixMillis,
    /// When the token expires, in whole seconds.
    pub expires_at: UnixMillis,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// Whether it was earned through a picture or its paid alternative.
    pub stepped: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// The visitor's country, as far as the edge knew it.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// Expected hashes that the attempt proved in total.
    pub paid: u64,
    /// What was noticed about the visit.
    pub signs: Signs,
}

/// The payload, in the order of its bytes.
#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    version: u8,
    id: [u8; 16],
    keep_until: u64,
    store: u16,
    sitekey: Sitekey,
    #[serde(borrow)]
    hostname: &'a str,
    action: &'a str,
    cdata: &'a str,
    solved_at: u64,
    expires_at: u64,
    score: u8,
    interactive: bool,
    stepped: bool,
    algorithm: Algorithm,
    country: Country,
    asn: u32,
    paid: u64,
    #[serde(with = "fixint::le")]
    signs: u64,
}

impl TokenClaims {
    /// Seals the token with the first key.
    pub fn seal(&self, authority: &Authority) -> String {
        let keys = authority.first();
        let payload = self.masked(mask(&keys.token, keys.kid, self.id));
        let tag = tag(&keys.token, keys.kid, &payload);
        Frame { kid: keys.kid, payload, tag }.write()
    }

    /// Opens a token with the key that sealed it.
    pub fn open(authority: &Authority, text: &str) -> Result<Self, SealError> {
        let frame = Frame::<32>::read(text, MAX_SEAL_CHARS)?;
        let keys = authority.find(frame.kid).ok_or(SealError)?;
        let expected = tag(&keys.token, frame.kid, &frame.payload);
        if !bool::from(expected.ct_eq(&frame.tag)) {
            return Err(SealError);
        }
        let claims = Self::read(&frame.payload)?;
        let mask = mask(&keys.token, frame.kid, claims.id);
        Self::unmasked(&frame.payload, mask)
    }

    #[cfg(any(test, feature = "contract"))]
    pub(crate) fn payload(&self) -> Vec<u8> {
        self.masked(0)
    }

    /// The payload is readable, so the signs are combined with a mask: a bot
    /// would otherwise learn what gave it away.
    fn masked(&self, mask: u64) -> Vec<u8> {
        encode(&Payload {
            version: VERSION,
            id: self.id.0,
            keep_until: self.keep_until.seconds(),
            store: self.store,
            sitekey: self.sitekey,
            hostname: self.hostname.as_str(),
            action: self.action.as_str(),
            cdata: self.cdata.as_str(),
            solved_at: self.solved_at.0,
            expires_at: self.expires_at.seconds(),
            score: self.score,
            interactive: self.interactive,
            stepped: self.stepped,
            algorithm: self.algorithm,
            country: self.country,
            asn: self.asn,
            paid: self.paid,
            signs: self.signs.bits() ^ mask,
        })
    }

    pub(crate) fn read(payload: &[u8]) -> Result<Self, SealError> {
        Self::unmasked(payload, 0)
    }

    fn unmasked(payload: &[u8], mask: u64) -> Result<Self, SealError> {
        let payload: Payload<'_> = decode(payload)?;
        if payload.version != VERSION || payload.store == 0 || payload.score > 100 {
            return Err(SealError);
        }
        Ok(Self {
            id: AttemptId(payload.id),
            keep_until: UnixMillis::from_seconds(payload.keep_until),
            store: payload.store,
            sitekey: payload.sitekey,
            hostname: Hostname::parse(payload.hostname).map_err(|_| SealError)?,
            action: Action::parse(payload.action).map_err(|_| SealError)?,
            cdata: Cdata::parse(payload.cdata).map_err(|_| SealError)?,
            solved_at: UnixMillis(payload.solved_at),
            expires_at: UnixMillis::from_seconds(payload.expires_at),
            score: payload.score,
            interactive: payload.interactive,
            stepped: payload.stepped,
            algorithm: payload.algorithm,
            country: payload.country,
            asn: payload.asn,
            paid: payload.paid,
            signs: Signs::of_bits(payload.signs ^ mask),
        })
    }
}

/// What the signs of an attempt's token are combined with.
fn mask(key: &MacKey, kid: Kid, id: AttemptId) -> u64 {
    let tag = key.tag_framed(&[b"signs", kid.as_str().as_bytes(), &id.0]);
    u64::from_le_bytes(leading(&tag))
}

/// The purpose enters twice, in the key's derivation and here, so that a
/// mistake in one does not let another seal pass for a token.
fn tag(key: &MacKey, kid: Kid, payload: &[u8]) -> [u8; 32] {
    key.tag_framed(&[b"token", kid.as_str().as_bytes(), payload])
}
