//! Receipts: what siteverify returns as `metadata.id`, so that a site's back end
//! can report later what became of the visitor. A receipt holds all that a
//! report needs, encrypted: nothing has to be looked up, and a bot that sees one
//! learns nothing.
//!
//! **receipt**: the sealed id of a redemption, by which a site reports an
//! outcome.

use munjigi_keys::{Kid, UnixMillis, leading};
use munjigi_protocol::{AttemptId, Signs};
use postcard::fixint;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Keys};
use crate::credentials::Sitekey;
use crate::seal::{Encrypted, NONCE_BYTES, SealError, decode, encode};
use crate::token::TokenClaims;

/// Version of the payload.
const VERSION: u8 = 1;

/// Longest receipt that is read.
const MAX_CHARS: usize = 256;

/// What a receipt states about a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The attempt whose token was redeemed.
    pub id: AttemptId,
    /// The site that it was for.
    pub sitekey: Sitekey,
    /// When the challenge was solved.
    pub solved_at: UnixMillis,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// What was noticed about the visit.
    pub signs: Signs,
}

/// The payload; the order of fields is the order of bytes.
#[derive(Serialize, Deserialize)]
struct Payload {
    version: u8,
    id: [u8; 16],
    sitekey: Sitekey,
    #[serde(with = "fixint::le")]
    solved_at: u64,
    score: u8,
    #[serde(with = "fixint::le")]
    signs: u64,
}

impl Receipt {
    /// The receipt of a token's redemption.
    pub const fn of(claims: &TokenClaims) -> Self {
        let TokenClaims { id, sitekey, solved_at, score, signs, .. } = *claims;
        Self { id, sitekey, solved_at, score, signs }
    }

    /// Seals the receipt with the first key. The same redemption has the same
    /// receipt, however often siteverify repeats its answer.
    pub fn seal(&self, authority: &Authority) -> String {
        let keys = authority.first();
        let payload = encode(&Payload {
            version: VERSION,
            id: self.id.0,
            sitekey: self.sitekey,
            solved_at: self.solved_at.0,
            score: self.score,
            signs: self.signs.bits(),
        });
        let nonce = nonce(keys, &payload);
        Encrypted::encrypt(keys.kid, &keys.receipt, nonce, &associated(keys.kid), &payload).write()
    }

    /// Opens a receipt with the key that sealed it.
    pub fn open(authority: &Authority, text: &str) -> Result<Self, SealError> {
        let mut seal = Encrypted::read(text, MAX_CHARS)?;
        let keys = authority.find(seal.kid).ok_or(SealError)?;
        let payload: Payload = decode(seal.decrypt(&keys.receipt, &associated(keys.kid))?)?;
        if payload.version != VERSION || payload.score > 100 {
            return Err(SealError);
        }
        Ok(Self {
            id: AttemptId(payload.id),
            sitekey: payload.sitekey,
            solved_at: UnixMillis(payload.solved_at),
            score: payload.score,
            signs: Signs::of_bits(payload.signs),
        })
    }
}

/// A nonce that depends on the whole message, as in RFC 5297: two receipts with
/// the same one are the same receipt.
fn nonce(keys: &Keys, payload: &[u8]) -> [u8; NONCE_BYTES] {
    leading(&keys.token.tag_framed(&[b"receipt", keys.kid.as_str().as_bytes(), payload]))
}

fn associated(kid: Kid) -> Vec<u8> {
    [b"receipt ", kid.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use munjigi_protocol::Sign;
    use proptest::prelude::*;

    use super::*;
    use crate::contract::{ROOT_A, authority as of_ring};

    fn authority() -> Authority {
        of_ring(ROOT_A)
    }

    fn receipt() -> Receipt {
        Receipt {
            id: AttemptId([7; 16]),
            sitekey: Sitekey::from_trusted("mj_00000000000000000000000000").unwrap(),
            solved_at: UnixMillis(1_795_000_000_250),
            score: 85,
            signs: Signs::NONE.with(Sign::Absent).with(Sign::Moved),
        }
    }

    #[test]
    fn a_receipt_comes_back_and_is_always_the_same() {
        let authority = authority();
        let text = receipt().seal(&authority);
        assert_eq!(Receipt::open(&authority, &text), Ok(receipt()));
        assert_eq!(receipt().seal(&authority), text);
        assert!(text.len() <= 140, "{} {text}", text.len());
        let other = Receipt { score: 84, ..receipt() }.seal(&authority);
        assert_ne!(other.get(..20), text.get(..20), "the nonce depends on everything");
    }

    #[test]
    fn a_receipt_is_these_bytes_under_the_cipher() {
        let plain = [
            "01",                               // version
            "07070707070707070707070707070707", // id
            "00000000000000000000000000000000", // sitekey
            "fa5e56eea1010000",                 // solved_at 1795000000250 ms
            "55",                               // score 85
            "0040800000000000",                 // signs: absent, moved
        ];
        let text = "mj1.a1.\
            TTQUdC9Olow6VSU3r1xMKJDSJrsdvzggVD9jMR3jSDxIaDul7Iz-4y6oJ2Iey7eVD0_trhbgRJ7JSBiIP-no2fO-PrgbyH6Pdt\
            E.FmOLECXeRhje6XYE8q3ZYA";
        let authority = authority();
        assert_eq!(receipt().seal(&authority), text);
        let mut seal = Encrypted::read(text, MAX_CHARS).unwrap();
        let keys = authority.find(seal.kid).unwrap();
        let opened = seal.decrypt(&keys.receipt, &associated(keys.kid)).unwrap();
        assert_eq!(HEXLOWER.encode(opened), plain.concat());
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let authority = authority();
        let text = receipt().seal(&authority);
        for at in 0..text.len() {
            for replacement in ["A", "b", ".", ""] {
                let changed = [&text[..at], replacement, &text[at + 1..]].concat();
                let opened = Receipt::open(&authority, &changed);
                assert!(changed == text || opened.is_err(), "{at} {replacement}");
            }
        }
    }

    proptest! {
        #[test]
        fn garbage_is_no_receipt(text in ".{0,300}") {
            prop_assert!(Receipt::open(&authority(), &text).is_err());
        }
    }
}
