//! Ids of rows that appear in addresses: 80 random bits in 16 digits.

use std::fmt;
use std::str::FromStr;

use munjigi_captcha::crockford;

use crate::entropy::Entropy;

const BYTES: usize = 10;

/// Identifies an account, an organisation, a session or an invitation. Knowing
/// one grants no access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an id must be 16 characters from the digits 0-9 and the letters a-z without i, l, o and u"
)]
pub struct IdError;

impl Id {
    /// Draws a new id.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(crockford::encode(&entropy.bytes::<BYTES>()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        crockford::decode::<BYTES>(text).map(|_| Self(text.to_owned())).ok_or(IdError)
    }
}

/// From a row, whose form the table checks.
impl From<String> for Id {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Code words that a reader can type: groups of four of the same digits.
pub(super) fn words(bytes: &[u8]) -> String {
    let digits = crockford::encode(bytes);
    let groups: Vec<String> = digits
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let entropy = Entropy::from_seed(1);
        for _ in 0..100 {
            let id = Id::draw(&entropy);
            assert_eq!(id.as_str().len(), 16);
            assert_eq!(id.as_str().parse(), Ok(id.clone()));
        }
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "",
            "0123456789abcde",
            "0123456789abcdefg",
            "i123456789abcdef",
            "A123456789abcdef",
            "../etc/passwd/x/",
        ] {
            assert_eq!(text.parse::<Id>(), Err(IdError), "{text}");
        }
    }
}
