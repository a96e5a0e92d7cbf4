//! Where a webhook points: checked once when it is entered, and again before
//! each call.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use munjigi_i18n::{Locale, Text, Texts};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::reach::{Reach, is_public};

const MOST_CHARS: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointMistake {
    Malformed,
    /// Too long for an address.
    TooLong,
    /// Not encrypted: anyone on the way could read the messages.
    Insecure,
    /// `https://name:password@…`
    Credentials,
    /// An address of this machine or a private network.
    Private,
}

impl EndpointMistake {
    /// For programs and tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "webhook-malformed",
            Self::TooLong => "webhook-too-long",
            Self::Insecure => "webhook-insecure",
            Self::Credentials => "webhook-credentials",
            Self::Private => "webhook-private",
        }
    }

    pub fn text(self, t: Texts) -> Text {
        match self {
            Self::Malformed => t.get("endpoint-malformed"),
            Self::TooLong => t.get("endpoint-too-long"),
            Self::Insecure => t.get("endpoint-insecure"),
            Self::Credentials => t.get("endpoint-credentials"),
            Self::Private => t.get("endpoint-private"),
        }
    }
}

/// In English, for logs and operators.
impl fmt::Display for EndpointMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(Texts::of(Locale::EN)).fmt(f)
    }
}

impl Endpoint {
    /// Parses an address. Whether a host name is public depends on what it
    /// resolves to, which is checked when it is called.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, EndpointMistake> {
        let text = text.trim();
        if text.chars().count() > MOST_CHARS {
            return Err(EndpointMistake::TooLong);
        }
        let mut url = Url::parse(text).map_err(|_| EndpointMistake::Malformed)?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(EndpointMistake::Malformed)?.to_owned();
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Anywhere) => {}
            ("http", Reach::Public) => return Err(EndpointMistake::Insecure),
            _ => return Err(EndpointMistake::Malformed),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointMistake::Credentials);
        }
        if reach == Reach::Public && !may_be_public(&host) {
            return Err(EndpointMistake::Private);
        }
        url.set_fragment(None);
        // The escaped text may be longer than what was typed.
        if url.as_str().len() > MOST_CHARS {
            return Err(EndpointMistake::TooLong);
        }
        Ok(Self(url))
    }

    pub const fn url(&self) -> &Url {
        &self.0
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Checks IP addresses. Names that only have a meaning in a private network are
/// recognised by their ending (RFC 6761, 6762, 8375, ICANN's `internal`) or by
/// having none.
fn may_be_public(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = IpAddr::from_str(bare) {
        return is_public(address);
    }
    let name = host.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    name.contains('.')
        && !matches!(last, "localhost" | "local" | "internal" | "home" | "lan" | "arpa")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_public_and_encrypted() {
        for (text, kept) in [
            ("https://hooks.example/munjigi", "https://hooks.example/munjigi"),
            (" https://hooks.example:8443/a?b=c#d ", "https://hooks.example:8443/a?b=c"),
            ("HTTPS://Hooks.Example", "https://hooks.example/"),
            ("https://1.1.1.1/", "https://1.1.1.1/"),
            ("https://한국.example/", "https://xn--3e0b707e.example/"),
        ] {
            assert_eq!(Endpoint::parse(text, Reach::Public).unwrap().as_str(), kept);
        }
    }

    /// Spellings of addresses that have misled programs, each with the reason
    /// for refusing it.
    #[test]
    fn no_spelling_of_a_private_address_is_taken() {
        use EndpointMistake::{Credentials, Insecure, Malformed, Private};
        for (text, mistake) in [
            ("", Malformed),
            ("hooks.example", Malformed),
            ("https://", Malformed),
            ("file:///etc/passwd", Malformed),
            ("gopher://hooks.example/", Malformed),
            ("ftp://hooks.example/", Malformed),
            ("javascript:alert(1)", Malformed),
            ("http://hooks.example/", Insecure),
            ("https://user@hooks.example/", Credentials),
            ("https://user:password@hooks.example/", Credentials),
            ("https://hooks.example@127.0.0.1/", Credentials),
            ("https://127.0.0.1/", Private),
            ("https://127.1/", Private),
            ("https://2130706433/", Private),
            ("https://0x7f000001/", Private),
            ("https://0x7f.0.0.1/", Private),
            ("https://017700000001/", Private),
            ("https://0/", Private),
            ("https://127.0.0.1./", Private),
            ("https://①②⑦.⓪.⓪.①/", Private),
            ("https://10.1.2.3/", Private),
            ("https://172.16.0.1/", Private),
            ("https://192.168.0.1:8443/", Private),
            ("https://169.254.169.254/latest/meta-data/", Private),
            ("https://100.64.0.1/", Private),
            ("https://[::1]/", Private),
            ("https://[::]/", Private),
            ("https://[::ffff:169.254.169.254]/", Private),
            ("https://[fd00::1]/", Private),
            ("https://[fe80::1]/", Private),
            ("https://[64:ff9b::7f00:1]/", Private),
            ("https://localhost/", Private),
            ("https://LOCALHOST./", Private),
            ("https://a.localhost/", Private),
            ("https://postgres/", Private),
            ("https://metadata.google.internal/", Private),
            ("https://printer.local/", Private),
            ("https://router.lan/", Private),
            ("https://router.home.arpa/", Private),
        ] {
            assert_eq!(Endpoint::parse(text, Reach::Public), Err(mistake), "{text}");
        }
        let long = format!("https://hooks.example/{}", "a".repeat(500));
        assert_eq!(Endpoint::parse(&long, Reach::Public), Err(EndpointMistake::TooLong));
        let escaped = format!("https://hooks.example/{}", "가".repeat(100));
        assert_eq!(Endpoint::parse(&escaped, Reach::Public), Err(EndpointMistake::TooLong));
    }

    #[test]
    fn a_local_console_reaches_this_machine() {
        for text in ["http://127.0.0.1:9/", "http://localhost:9/", "https://10.0.0.1/"] {
            assert!(Endpoint::parse(text, Reach::Anywhere).is_ok(), "{text}");
        }
        for text in ["file:///etc/passwd", "http://a:b@localhost/"] {
            assert!(Endpoint::parse(text, Reach::Anywhere).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_endpoint_parses_again_to_the_same(text in "https?://[a-z0-9.:@/\\[\\]%-]{0,40}") {
            for reach in [Reach::Public, Reach::Anywhere] {
                if let Ok(endpoint) = Endpoint::parse(&text, reach) {
                    prop_assert_eq!(Endpoint::parse(endpoint.as_str(), reach), Ok(endpoint));
                }
            }
        }

        #[test]
        fn private_addresses_are_refused_in_every_base(bits in any::<u32>()) {
            let address = std::net::Ipv4Addr::from_bits(bits);
            for text in [format!("https://{bits}/"), format!("https://{bits:#x}/"), format!("https://{address}/")] {
                prop_assert_eq!(
                    Endpoint::parse(&text, Reach::Public).is_ok(),
                    is_public(address.into()), "{}", text
                );
            }
        }
    }
}
