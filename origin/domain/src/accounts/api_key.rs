//! Keys that programs come with: their text, and what is kept of it.

use std::fmt;

use zeroize::Zeroizing;

use super::{Token, TokenHash};
use crate::entropy::Entropy;

/// Marks the text, so that scanners for lost secrets know it.
pub const PREFIX: &str = "mjk_";
/// Characters of its end that are kept to recognise it by.
const HINT: usize = 4;
/// Requests a minute, where nothing else was chosen.
pub const PER_MINUTE: i32 = 600;
/// The most that can be chosen.
pub const MAX_PER_MINUTE: i32 = 6_000;

/// A key: `mjk_` and 256 random bits in base64url. `Debug` prints the type's
/// name only.
#[derive(Clone)]
pub struct ApiKey(Token);

impl ApiKey {
    /// A new one.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(Token::draw(entropy))
    }

    /// Reads one; none where the text is of another form.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(PREFIX).and_then(Token::parse).map(Self)
    }

    /// The text, for its holder.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", *self.0.reveal()))
    }

    /// What is kept to recognise it by.
    pub fn hint(&self) -> String {
        let text = self.0.reveal();
        text.chars().skip(text.len().saturating_sub(HINT)).collect()
    }

    /// What is stored of it.
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
