//! What a token states, in the bytes in which stores keep it until the origin has
//! it.

use munjigi_format::Format;
use munjigi_protocol::{Algorithm, Signs};
use serde::{Deserialize, Serialize};

use super::TokenFacts;
use crate::credentials::Sitekey;

/// The stored form of [`TokenFacts`]; the order of fields is the order of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFacts {
    sitekey: Sitekey,
    hostname: String,
    action: String,
    solved_at: u64,
    score: u8,
    interactive: bool,
    stepped: bool,
    algorithm: Algorithm,
    country: String,
    asn: u32,
    signs: u64,
}

impl Format for StoredFacts {
    const VERSION: u8 = 1;
}

impl From<TokenFacts> for StoredFacts {
    fn from(facts: TokenFacts) -> Self {
        let TokenFacts { sitekey, hostname, action, solved_at, score, .. } = facts;
        let TokenFacts { interactive, stepped, algorithm, country, asn, signs, .. } = facts;
        let signs = signs.bits();
        Self {
            sitekey,
            hostname,
            action,
            solved_at,
            score,
            interactive,
            stepped,
            algorithm,
            country,
            asn,
            signs,
        }
    }
}

impl From<StoredFacts> for TokenFacts {
    fn from(facts: StoredFacts) -> Self {
        let StoredFacts { sitekey, hostname, action, solved_at, score, .. } = facts;
        let StoredFacts { interactive, stepped, algorithm, country, asn, signs, .. } = facts;
        let signs = Signs::of_bits(signs);
        Self {
            sitekey,
            hostname,
            action,
            solved_at,
            score,
            interactive,
            stepped,
            algorithm,
            country,
            asn,
            signs,
        }
    }
}

#[cfg(test)]
mod tests {
    use munjigi_format::contract::format;

    use super::*;

    use crate::contract::{TOKEN_FACTS_BYTES, token_facts};

    #[test]
    fn stored_facts_are_these_bytes() {
        let parts = [&[("01", "version")][..], &TOKEN_FACTS_BYTES].concat();
        format(&StoredFacts::from(token_facts()), &parts);
    }
}
