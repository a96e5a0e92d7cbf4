//! Email addresses that identify accounts.

use std::fmt;
use std::str::FromStr;

use crate::email::{self, AddressMistake};

/// An address in lower case: in any other case it identifies the same account.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(email::Address);

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("Enter an email address.")]
    Empty,
    /// Longer than any valid address.
    #[error("The email address must be at most 254 characters long.")]
    TooLong,
    /// Characters that few servers accept.
    #[error("The email address must consist of Latin letters, digits and symbols.")]
    NotAscii,
    /// No local part, no host, or characters that neither may contain.
    #[error("Enter a valid email address, such as name@shop.example.")]
    Form,
}

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.as_str().rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// As the recipient of an email.
    pub fn for_mail(&self) -> email::Address {
        self.0.clone()
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        text.to_ascii_lowercase().parse().map(Self).map_err(|mistake| match mistake {
            AddressMistake::TooLong => EmailError::TooLong,
            AddressMistake::NotAscii => EmailError::NotAscii,
            AddressMistake::Malformed => EmailError::Form,
        })
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Addresses are not logged.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_space_do_not_matter() {
        let address: EmailAddress = "  Kim.Min+shop@Shop.Example ".parse().unwrap();
        assert_eq!(address.as_str(), "kim.min+shop@shop.example");
        assert_eq!(address.local_part(), "kim.min+shop");
        assert_eq!(format!("{address:?}"), "EmailAddress");
    }

    #[test]
    fn the_error_for_an_invalid_address_shows_the_format() {
        let long = format!("{}@shop.example", "a".repeat(250));
        for (text, error) in [
            ("", EmailError::Empty),
            (" \t", EmailError::Empty),
            ("kim", EmailError::Form),
            ("kim@shop.example\nBcc: all@shop.example", EmailError::Form),
            ("김@shop.example", EmailError::NotAscii),
            (&long, EmailError::TooLong),
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(error), "{text:?}");
        }
    }
}
