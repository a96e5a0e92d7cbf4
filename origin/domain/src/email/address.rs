//! An address to send emails to. Stricter than the standards: accepts what real
//! servers use, and nothing that has a meaning in a header, a command or a log.

use std::fmt;
use std::str::FromStr;

/// RFC 5321, 4.5.3.1.3, without the angle brackets.
const MAX_BYTES: usize = 254;

/// An address. Its host name is in lower case; the part before the `@` stays as
/// written, since only the receiving server knows what it means.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(lettre::Address);

/// What is wrong with an address. The person who typed it can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressMistake {
    /// More than 254 bytes.
    #[error("too long for an email address")]
    TooLong,
    /// Characters beyond ASCII: few servers accept them.
    #[error("must consist of Latin letters, digits and symbols")]
    NotAscii,
    /// Not a name, `@`, and a host name with a dot.
    #[error("must be an address such as name@example.org")]
    Malformed,
}

impl Address {
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// For an envelope.
    pub fn address(&self) -> lettre::Address {
        self.0.clone()
    }
}

/// Addresses are never logged.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

impl FromStr for Address {
    type Err = AddressMistake;

    fn from_str(text: &str) -> Result<Self, AddressMistake> {
        if text.len() > MAX_BYTES {
            return Err(AddressMistake::TooLong);
        }
        if !text.is_ascii() {
            return Err(AddressMistake::NotAscii);
        }
        let (name, host) = text.rsplit_once('@').ok_or(AddressMistake::Malformed)?;
        // The standard's `atext` and dots: no quotes, no comments, no blanks.
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        if !name.bytes().all(plain) || !host.bytes().all(named) || !host.contains('.') {
            return Err(AddressMistake::Malformed);
        }
        // A host of digits and dots is an IP address.
        if host.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit())) {
            return Err(AddressMistake::Malformed);
        }
        // Checks the positions of dots and hyphens, and the length of each
        // part.
        lettre::Address::new(name, host.to_ascii_lowercase())
            .map(Self)
            .map_err(|_| AddressMistake::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn real_addresses_are_accepted_with_their_host_in_lower_case() {
        for (written, kept) in [
            ("mina@example.org", "mina@example.org"),
            ("Mina.Kim+shop@Example.ORG", "Mina.Kim+shop@example.org"),
            ("o'brien@mail.example.co.kr", "o'brien@mail.example.co.kr"),
            ("a@xn--3e0b707e.kr", "a@xn--3e0b707e.kr"),
        ] {
            assert_eq!(written.parse::<Address>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_address_of_a_person_is_refused() {
        let long = format!("{}@example.org", "a".repeat(250));
        for (text, mistake) in [
            ("", AddressMistake::Malformed),
            ("mina", AddressMistake::Malformed),
            ("mina@", AddressMistake::Malformed),
            ("@example.org", AddressMistake::Malformed),
            ("mina@localhost", AddressMistake::Malformed),
            ("mina@127.0.0.1", AddressMistake::Malformed),
            ("mina@[127.0.0.1]", AddressMistake::Malformed),
            ("mina@example..org", AddressMistake::Malformed),
            (".mina@example.org", AddressMistake::Malformed),
            ("mi..na@example.org", AddressMistake::Malformed),
            ("mina@-example.org", AddressMistake::Malformed),
            ("a@b@example.org", AddressMistake::Malformed),
            ("\"mi na\"@example.org", AddressMistake::Malformed),
            ("mina@example.org ", AddressMistake::Malformed),
            ("Mina <mina@example.org>", AddressMistake::Malformed),
            ("mina@example.org\r\nBcc: all@example.org", AddressMistake::Malformed),
            ("mina@example.org,eve@example.org", AddressMistake::Malformed),
            ("미나@example.org", AddressMistake::NotAscii),
            (&long, AddressMistake::TooLong),
        ] {
            assert_eq!(text.parse::<Address>(), Err(mistake), "{text}");
        }
    }

    #[test]
    fn an_address_is_not_shown() {
        let address: Address = "mina@example.org".parse().unwrap();
        assert_eq!(format!("{address:?}"), "Address");
    }

    proptest! {
        #[test]
        fn an_accepted_address_parses_again_to_the_same(text in "\\PC*|[a-zA-Z.+\"<>\r\n -]{1,9}@[a-zA-Z.-]{1,9}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.as_str().parse(), Ok(address.clone()));
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
