//! What a token states, which stores keep until the origin has it.

use munjigi_format::Format;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, AttemptId, RedeemedEvent, Signs};
use serde::{Deserialize, Serialize};

use crate::credentials::Sitekey;

/// What a token states, in the form that is recorded; the order of fields is the
/// order of stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The site that the token is for.
    pub sitekey: Sitekey,
    /// Host name of the page.
    pub hostname: String,
    /// The action; may be empty.
    pub action: String,
    /// When the challenge was solved, in milliseconds since 1970.
    pub solved_at: u64,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// Whether the token was earned through a picture or its alternative.
    pub stepped: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// The country's code, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// What was noticed about the visit.
    #[serde(with = "bits")]
    pub signs: Signs,
}

impl TokenFacts {
    /// The durable event of a first redemption.
    pub fn event(&self, id: AttemptId, redeemed_at: UnixMillis) -> RedeemedEvent {
        RedeemedEvent {
            id,
            redeemed_at: redeemed_at.0,
            solved_at: self.solved_at,
            sitekey: self.sitekey.to_string(),
            hostname: self.hostname.clone(),
            action: self.action.clone(),
            score: self.score,
            interactive: self.interactive,
            stepped: self.stepped,
            algorithm: self.algorithm,
            country: self.country.clone(),
            asn: self.asn,
            signs: self.signs,
            rejected: 0,
        }
    }
}

impl Format for TokenFacts {
    const VERSION: u8 = 1;
}

/// Signs as the number that they are.
mod bits {
    use munjigi_protocol::Signs;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[cfg_attr(
        target_pointer_width = "64",
        expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")
    )]
    pub(super) fn serialize<S: Serializer>(signs: &Signs, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(signs.bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Signs, D::Error> {
        u64::deserialize(from).map(Signs::of_bits)
    }
}

#[cfg(test)]
mod tests {
    use munjigi_format::contract::format;

    use crate::contract::{TOKEN_FACTS_BYTES, token_facts};

    #[test]
    fn stored_facts_are_these_bytes() {
        let parts = [&[("01", "version")][..], &TOKEN_FACTS_BYTES].concat();
        format(&token_facts(), &parts);
    }
}
