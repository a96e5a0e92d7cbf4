//! API keys: their text, and what is stored of it.
//!
//! **API key**: `mjk_…`, which lets a program call the management API within
//! its scopes.

use std::fmt;

use zeroize::Zeroizing;

use super::{Token, TokenHash};
use crate::entropy::Entropy;

/// Marks the text, so that secret scanners recognise it.
pub const PREFIX: &str = "mjk_";
/// Characters of its end that are stored so that people can recognise a key.
const HINT: usize = 4;
/// Requests per minute, unless another number was chosen.
pub const PER_MINUTE: i32 = 600;
/// The maximum that can be chosen.
pub const MAX_PER_MINUTE: i32 = 6_000;

/// A key: `mjk_` and 256 random bits in base64url. `Debug` prints the type's
/// name only.
#[derive(Clone)]
pub struct ApiKey(Token);

impl ApiKey {
    /// Draws a new key.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(Token::draw(entropy))
    }

    /// Parses a key; `None` if the text has another form.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(PREFIX).and_then(Token::parse).map(Self)
    }

    /// The text, for the key's holder.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", *self.0.reveal()))
    }

    /// The last characters, to recognise the key by.
    pub fn hint(&self) -> String {
        let text = self.0.reveal();
        text.chars().skip(text.len().saturating_sub(HINT)).collect()
    }

    /// The hash that is stored.
    pub fn hash(&self) -> TokenHash {
        self.0.hash()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_nothing_else_is() {
        let key = ApiKey::draw(&Entropy::from_seed(1));
        let text = key.reveal();
        assert_eq!(ApiKey::parse(&text).unwrap().hash(), key.hash());
        assert!(text.ends_with(&key.hint()) && key.hint().len() == 4);
        for other in ["", "mjk_", &text[4..], &format!("mjs_{}", &text[4..]), &text[..20]] {
            assert!(ApiKey::parse(other).is_none(), "{other}");
        }
        assert_eq!(format!("{key:?}"), "ApiKey");
    }
}
