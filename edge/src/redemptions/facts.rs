//! The content of a token, as stored in a row until the origin has it: a
//! version and postcard. The row may have been written by another release than
//! the one that sends it.

use munjigi_captcha::redemption::TokenFacts;

/// Increases with every change of `TokenFacts`; older versions remain readable.
const VERSION: u8 = 2;

/// The version before, which ends before the signs.
const WITHOUT_SIGNS: u8 = 1;

/// Bytes for a row.
pub fn encode(facts: &TokenFacts) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(facts, vec![VERSION])
}

/// Reads a row's bytes; `None` if only another release can.
pub fn decode(bytes: &[u8]) -> Option<TokenFacts> {
    match bytes.split_first()? {
        (&VERSION, facts) => postcard::from_bytes(facts).ok(),
        (&WITHOUT_SIGNS, facts) => postcard::from_bytes(&[facts, &[0]].concat()).ok(),
        _ => None,
    }
}

#[cfg(test)]
pub mod tests {
    use munjigi_captcha::Sitekey;
    use munjigi_protocol::{Algorithm, Sign, Signs};

    use super::*;

    pub fn facts() -> TokenFacts {
        TokenFacts {
            sitekey: Sitekey::from_trusted("mj_00000000000000000000000000").unwrap(),
            hostname: "shop.example".into(),
            action: "login".into(),
            solved_at: 1_795_000_000_000,
            score: 70,
            interactive: false,
            stepped: false,
            algorithm: Algorithm::HashWx,
            country: "KR".into(),
            asn: 64_500,
            signs: Signs::NONE.with(Sign::Busy).with(Sign::Hosting),
        }
    }

    #[test]
    fn facts_survive_their_row() {
        assert_eq!(decode(&encode(&facts()).unwrap()), Some(facts()));
    }

    #[test]
    fn facts_of_the_version_before_have_no_signs() {
        let without = TokenFacts { signs: Signs::NONE, ..facts() };
        let mut bytes = encode(&without).unwrap();
        assert_eq!(bytes.pop(), Some(0));
        bytes[0] = WITHOUT_SIGNS;
        assert_eq!(decode(&bytes), Some(without));
    }

    #[test]
    fn facts_of_another_version_are_not_guessed_at() {
        let mut bytes = encode(&facts()).unwrap();
        bytes[0] += 1;
        assert_eq!(decode(&bytes), None);
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[VERSION]), None);
    }
}
