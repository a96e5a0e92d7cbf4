//! What the edge knows about a request: where it came from and how the client
//! speaks. Never a user agent's text, which is reduced here, and never an
//! address for longer than the request: `counters` keeps keyed pseudonyms.
//! `policy` decides what that is worth.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, Prefix};
use crate::list::Listings;
use crate::software::Software;

/// One request as the policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Where the request came from.
    pub address: Address,
    /// The country, as far as the platform knows it.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// The version of HTTP, as the platform reports it.
    pub http: HttpVersion,
    /// The version of TLS, as the platform reports it.
    pub tls: TlsVersion,
    /// What the client claims to be.
    pub agent: AgentKind,
    /// The client's software by its headers.
    pub software: Software,
    /// The client's software by its TLS handshake, as far as the platform knows
    /// it.
    pub handshake: Option<Software>,
    /// On which of the site's lists the address is.
    pub listed: Listings,
}

/// Where a request came from, for what asks no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The address.
    pub address: Address,
    /// As in [`Visit`].
    pub country: Country,
    /// As in [`Visit`].
    pub asn: u32,
    /// As in [`Visit`].
    pub listed: Listings,
}

impl Visit {
    /// Where it came from.
    pub const fn location(&self) -> Location {
        let Self { address, country, asn, listed, .. } = *self;
        Location { address, country, asn, listed }
    }

    /// The network that the request came from.
    pub const fn prefix(&self) -> Prefix {
        self.address.prefix()
    }
}

/// ISO 3166-1 alpha-2, or unknown (empty).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Country(Option<[u8; 2]>);

impl Country {
    /// The unknown country, spelt as the empty text.
    pub const UNKNOWN: Self = Self(None);

    /// Two of `[A-Z0-9]`, the first a letter (`T1` is what the platform
    /// calls Tor); everything else, and `XX`, is unknown.
    pub fn parse(text: &str) -> Self {
        match *text.as_bytes() {
            [b'X', b'X'] => Self(None),
            [a, b] if a.is_ascii_uppercase() && (b.is_ascii_uppercase() || b.is_ascii_digit()) => {
                Self(Some([a, b]))
            }
            _ => Self(None),
        }
    }

    /// The text, empty where unknown.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Any text that is not two characters is read as unknown, which is
        // spelt differently: re-encoding detects it.
        <&str>::deserialize(deserializer).map(Self::parse)
    }
}

/// The version of HTTP that the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// Not reported, as with a local edge.
    Unknown,
    /// HTTP/1.0 or 1.1.
    One,
    /// HTTP/2, as browsers speak it.
    Two,
    /// HTTP/3, over QUIC.
    Three,
}

impl HttpVersion {
    /// Reads `HTTP/2` and similar.
    pub fn parse(text: &str) -> Self {
        match text {
            "HTTP/1" | "HTTP/1.0" | "HTTP/1.1" => Self::One,
            "HTTP/2" | "HTTP/2.0" => Self::Two,
            "HTTP/3" | "HTTP/3.0" => Self::Three,
            _ => Self::Unknown,
        }
    }
}

/// The version of TLS that the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// Not reported, or no TLS, as with a local edge.
    Unknown,
    /// TLS 1.1 or older, which no supported browser offers.
    Old,
    /// TLS 1.2, which some browsers and proxies still offer.
    OneTwo,
    /// TLS 1.3, as current browsers speak it.
    OneThree,
}

impl TlsVersion {
    /// Reads `TLSv1.3` and similar.
    pub fn parse(text: &str) -> Self {
        match text {
            "TLSv1" | "TLSv1.0" | "TLSv1.1" => Self::Old,
            "TLSv1.2" => Self::OneTwo,
            "TLSv1.3" => Self::OneThree,
            _ => Self::Unknown,
        }
    }
}

/// What a client claims to be, by its user agent compared with its client
/// hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentKind {
    /// No user agent was sent.
    Unknown,
    /// A browser whose headers agree.
    Browser,
    /// The name of a browser together with hints that this browser does not
    /// send, or the reverse.
    Contradictory,
    /// A program, according to itself.
    Program,
}

/// Words by which programs that otherwise write as browsers do name themselves,
/// in lower case.
const PROGRAMS: [&str; 5] = ["headless", "bot/", "spider", "crawler", "phantomjs"];

impl AgentKind {
    /// Classifies `User-Agent` and `Sec-CH-UA`. Every browser of this century
    /// begins with `Mozilla/5.0`, except Opera's old ones.
    ///
    /// Chromium has sent the hints since 2021; Firefox and Safari never do. A
    /// Chromium without them is accepted, because web views and privacy
    /// extensions strip them.
    pub fn judge(user_agent: Option<&str>, client_hints: Option<&str>) -> Self {
        let Some(agent) = user_agent.filter(|agent| !agent.is_empty()) else {
            return Self::Unknown;
        };
        // Long texts are truncated: the words are near the front or absent.
        let agent: String = agent.chars().take(512).map(|c| c.to_ascii_lowercase()).collect();
        let browser = agent.starts_with("mozilla/5.0") || agent.starts_with("opera/");
        if !browser || PROGRAMS.iter().any(|word| agent.contains(word)) {
            return Self::Program;
        }
        let hints = client_hints.unwrap_or_default().to_ascii_lowercase();
        let chromium = agent.contains("chrome/") || agent.contains("crios/");
        if hints.contains("headless") {
            Self::Program
        } else if !hints.is_empty() && !chromium {
            Self::Contradictory
        } else {
            Self::Browser
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_capitals_or_unknown() {
        assert_eq!(Country::parse("KR").as_str(), "KR");
        assert_eq!(Country::parse("T1").as_str(), "T1");
        for text in ["", "XX", "kr", "KOR", "1T", "é"] {
            assert_eq!(Country::parse(text), Country::UNKNOWN, "{text}");
        }
    }

    #[test]
    fn agents_are_classified_by_what_they_say() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let headless = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36";
        let hints = "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"";
        for (agent, hints, kind) in [
            (None, None, AgentKind::Unknown),
            (Some(""), None, AgentKind::Unknown),
            (Some("Lynx/2.9"), None, AgentKind::Program),
            (Some("munjigi-native/0.1.0"), None, AgentKind::Program),
            (Some("node"), None, AgentKind::Program),
            (Some("Deno/2.1"), None, AgentKind::Program),
            (Some("Java-http-client/21"), None, AgentKind::Program),
            (
                Some("Opera/9.80 (X11; Linux i686) Presto/2.12 Version/12.16"),
                None,
                AgentKind::Browser,
            ),
            (Some(firefox), None, AgentKind::Browser),
            (Some(firefox), Some(hints), AgentKind::Contradictory),
            (Some(chrome), Some(hints), AgentKind::Browser),
            (Some(chrome), None, AgentKind::Browser),
            (Some(chrome), Some("\"HeadlessChrome\";v=\"140\""), AgentKind::Program),
            (Some(headless), Some(hints), AgentKind::Program),
            (Some("curl/8.5.0"), None, AgentKind::Program),
            (Some("python-requests/2.32"), None, AgentKind::Program),
        ] {
            assert_eq!(AgentKind::judge(agent, hints), kind, "{agent:?} {hints:?}");
        }
    }
}
