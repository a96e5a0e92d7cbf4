//! Tokens: what a token states and how it is sealed. `siteverify` and
//! `redemption` decide whether it is still valid.

use munjigi_keys::{Kid, MacKey, UnixMillis};
use munjigi_protocol::{Algorithm, AttemptId};
use postcard::fixint;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::labels::{Action, Cdata};
use crate::policy::Reasons;
use crate::seal::{Frame, MAX_SEAL_CHARS, SealError, decode, encode};
use crate::visit::Country;

/// Version of the payload.
const VERSION: u8 = 3;
/// The previous versions, still found in tokens that an edge of a previous
/// release sealed: the second does not say the reasons, the first nor what was
/// paid.
const VERSIONS_BEFORE: [u8; 2] = [1, 2];

/// What a token states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The attempt that earned it.
    pub id: AttemptId,
    /// How long the attempt's row is kept, in whole seconds.
    pub keep_until: UnixMillis,
    /// Number of shards when the attempt began.
    pub shards: u16,
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
    /// What speaks against the visit.
    pub reasons: Reasons,
}

/// The payload, in the order of its bytes.
#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    before: Before<'a>,
    paid: u64,
    #[serde(with = "fixint::le")]
    reasons: u16,
}

/// The payload of the version before.
#[derive(Serialize, Deserialize)]
struct WithoutReasons<'a> {
    #[serde(borrow)]
    before: Before<'a>,
    paid: u64,
}

/// The payload of the first version.
#[derive(Serialize, Deserialize)]
struct Before<'a> {
    version: u8,
    id: [u8; 16],
    keep_until: u64,
    shards: u16,
    sitekey: Sitekey,
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

    /// The payload is readable, so the reasons are combined with a mask: a bot
    /// would otherwise learn what gave it away.
    fn masked(&self, mask: u16) -> Vec<u8> {
        encode(&Payload {
            before: Before {
                version: VERSION,
                id: self.id.0,
                keep_until: self.keep_until.seconds(),
                shards: self.shards,
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
            },
            paid: self.paid,
            reasons: self.reasons.bits() ^ mask,
        })
    }

    pub(crate) fn read(payload: &[u8]) -> Result<Self, SealError> {
        Self::unmasked(payload, 0)
    }

    fn unmasked(payload: &[u8], mask: u16) -> Result<Self, SealError> {
        let [first, second] = VERSIONS_BEFORE;
        let (before, paid, reasons) = match payload.first().copied() {
            Some(VERSION) => {
                let Payload { before, paid, reasons } = decode(payload)?;
                (before, paid, reasons ^ mask)
            }
            Some(version) if version == second => {
                let WithoutReasons { before, paid } = decode(payload)?;
                (before, paid, 0)
            }
            Some(version) if version == first => (decode(payload)?, 0, 0),
            _ => return Err(SealError),
        };
        if before.shards == 0 || before.score > 100 {
            return Err(SealError);
        }
        Ok(Self {
            id: AttemptId(before.id),
            keep_until: UnixMillis::from_seconds(before.keep_until),
            shards: before.shards,
            sitekey: before.sitekey,
            hostname: Hostname::parse(before.hostname).map_err(|_| SealError)?,
            action: Action::parse(before.action).map_err(|_| SealError)?,
            cdata: Cdata::parse(before.cdata).map_err(|_| SealError)?,
            solved_at: UnixMillis(before.solved_at),
            expires_at: UnixMillis::from_seconds(before.expires_at),
            score: before.score,
            interactive: before.interactive,
            stepped: before.stepped,
            algorithm: before.algorithm,
            country: before.country,
            asn: before.asn,
            paid,
            reasons: Reasons::of_bits(reasons),
        })
    }
}

/// What the reasons of an attempt's token are combined with.
fn mask(key: &MacKey, kid: Kid, id: AttemptId) -> u16 {
    let [low, high, ..] = key.tag_framed(&[b"reasons", kid.as_str().as_bytes(), &id.0]);
    u16::from_le_bytes([low, high])
}

/// The purpose enters twice, in the key's derivation and here, so that a
/// mistake in one does not let another seal pass for a token.
fn tag(key: &MacKey, kid: Kid, payload: &[u8]) -> [u8; 32] {
    key.tag_framed(&[b"token", kid.as_str().as_bytes(), payload])
}
