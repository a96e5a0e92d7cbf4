//! Random texts that grant access to their holder: session cookies, links in
//! emails. Only their hashes are stored.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::entropy::Entropy;

const BYTES: usize = 32;

/// 256 random bits. `Debug` prints the type's name only; wiped on drop.
#[derive(Clone)]
pub struct Token([u8; BYTES]);

impl Token {
    /// Draws a new token.
    pub fn draw(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// Parses a token; `None` if the text has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// The text, for the token's holder.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.0))
    }

    /// The hash that is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }

    /// The CSRF token of the forms shown to this cookie's holder: no one else
    /// can compute it, and it grants no access.
    pub fn csrf_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"munjigi/v1/form");
        hash.update(self.0);
        let digest: [u8; 32] = hash.finalize().into();
        BASE64URL_NOPAD.encode(&digest)
    }

    /// Whether a form carries the CSRF token of this cookie.
    pub fn is_csrf_token(&self, text: &str) -> bool {
        self.csrf_token().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// SHA-256 of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// From a digest that was computed elsewhere.
    pub const fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// For a query.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = Token::draw(&Entropy::from_seed(1));
        let text = token.reveal();
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
        for other in ["", "AAAA", &text[1..], &format!("{}A", *text), &format!("{}=", *text)] {
            assert!(Token::parse(other).is_none(), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn a_csrf_token_belongs_to_one_cookie() {
        let entropy = Entropy::from_seed(1);
        let (mine, other) = (Token::draw(&entropy), Token::draw(&entropy));
        assert!(mine.is_csrf_token(&mine.csrf_token()));
        assert!(!mine.is_csrf_token(&other.csrf_token()));
        assert!(!mine.is_csrf_token(""));
        assert_ne!(mine.csrf_token(), *mine.reveal());
    }
}
