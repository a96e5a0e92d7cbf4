//! What the edge knows of a request: the network it came from and how the
//! client speaks. Never a full address and never a user agent's text: both
//! are reduced here. What it is worth is decided in `policy`.

use core::fmt;
use core::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One request as the policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The network.
    pub prefix: Prefix,
    /// The country.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// How HTTP was spoken.
    pub http: HttpVersion,
    /// How TLS was spoken.
    pub tls: TlsVersion,
    /// What the client says it is.
    pub agent: AgentKind,
}

/// A network prefix: /24 of IPv4, /48 of IPv6. The address itself is
/// dropped. `Debug` prints the type's name only, so that no log holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prefix {
    /// The first three bytes.
    V4([u8; 3]),
    /// The first six bytes.
    V6([u8; 6]),
}

impl Prefix {
    /// The prefix of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [prefix @ .., _] = address.octets();
                Self::V4(prefix)
            }
            IpAddr::V6(address) => {
                let [prefix @ .., _, _, _, _, _, _, _, _, _, _] = address.octets();
                Self::V6(prefix)
            }
        }
    }

    /// The prefix of an address as text; `None` where it is no address.
    pub fn parse(address: &str) -> Option<Self> {
        address.parse().ok().map(Self::of)
    }

    /// Bytes that no other prefix has.
    pub(crate) const fn bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefix")
    }
}

/// ISO 3166-1 alpha-2, or unknown (empty).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Country(Option<[u8; 2]>);

impl Country {
    /// Where nothing is known.
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
        // Another text than two characters is read as unknown, whose spelling
        // is another: re-encoding finds it.
        <&str>::deserialize(deserializer).map(Self::parse)
    }
}

/// How HTTP was spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// Not reported, as locally.
    Unknown,
    /// HTTP/1.0 or 1.1.
    One,
    /// HTTP/2.
    Two,
    /// HTTP/3.
    Three,
}

impl HttpVersion {
    /// Reads `HTTP/2` and the like.
    pub fn parse(text: &str) -> Self {
        match text {
            "HTTP/1" | "HTTP/1.0" | "HTTP/1.1" => Self::One,
            "HTTP/2" | "HTTP/2.0" => Self::Two,
            "HTTP/3" | "HTTP/3.0" => Self::Three,
            _ => Self::Unknown,
        }
    }
}

/// How TLS was spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// Not reported, or no TLS, as locally.
    Unknown,
    /// TLS 1.1 or older, which no living browser offers.
    Old,
    /// TLS 1.2.
    OneTwo,
    /// TLS 1.3.
    OneThree,
}

impl TlsVersion {
    /// Reads `TLSv1.3` and the like.
    pub fn parse(text: &str) -> Self {
        match text {
            "TLSv1" | "TLSv1.0" | "TLSv1.1" => Self::Old,
            "TLSv1.2" => Self::OneTwo,
            "TLSv1.3" => Self::OneThree,
            _ => Self::Unknown,
        }
    }
}

/// What a client says it is, by its user agent held against its client hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentKind {
    /// No user agent was sent, or nobody looked.
    Unknown,
    /// A browser whose headers agree.
    Browser,
    /// A browser's name with hints that this browser does not send, or the
    /// reverse.
    Contradictory,
    /// A program by its own words.
    Program,
}

/// Words by which programs name themselves, in lower case.
const PROGRAMS: [&str; 16] = [
    "headless",
    "bot/",
    "spider",
    "crawler",
    "curl/",
    "wget/",
    "python",
    "java/",
    "go-http",
    "okhttp",
    "libwww",
    "axios",
    "node-fetch",
    "phantomjs",
    "scrapy",
    "postman",
];

impl AgentKind {
    /// Judges `User-Agent` and `Sec-CH-UA`.
    ///
    /// Chromium sends the hints since 2021 and Firefox and Safari never do;
    /// a Chromium without them is let pass, since web views and privacy
    /// extensions strip them.
    pub fn judge(user_agent: Option<&str>, client_hints: Option<&str>) -> Self {
        let Some(agent) = user_agent.filter(|agent| !agent.is_empty()) else {
            return Self::Unknown;
        };
        // Long texts are cut: the words stand near the front or not at all.
        let agent: String = agent.chars().take(512).map(|c| c.to_ascii_lowercase()).collect();
        if PROGRAMS.iter().any(|word| agent.contains(word)) {
            return Self::Program;
        }
        if !agent.starts_with("mozilla/5.0") {
            return Self::Unknown;
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
    fn only_the_prefix_of_an_address_is_kept() {
        assert_eq!(Prefix::parse("192.0.2.77"), Some(Prefix::V4([192, 0, 2])));
        assert_eq!(Prefix::parse("::ffff:192.0.2.77"), Some(Prefix::V4([192, 0, 2])));
        let v6 = Some(Prefix::V6([0x20, 0x01, 0x0d, 0xb8, 0, 7]));
        assert_eq!(Prefix::parse("2001:db8:7:1::1"), v6);
        assert_eq!(Prefix::parse("2001:db8:7:ffff::2"), v6);
        assert_eq!(Prefix::parse("192.0.2"), None);
        assert_eq!(format!("{v6:?}"), "Some(Prefix)");
    }

    #[test]
    fn a_country_is_two_capitals_or_unknown() {
        assert_eq!(Country::parse("KR").as_str(), "KR");
        assert_eq!(Country::parse("T1").as_str(), "T1");
        for text in ["", "XX", "kr", "KOR", "1T", "é"] {
            assert_eq!(Country::parse(text), Country::UNKNOWN, "{text}");
        }
    }

    #[test]
    fn agents_are_judged_by_their_own_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let headless = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36";
        let hints = "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"";
        for (agent, hints, kind) in [
            (None, None, AgentKind::Unknown),
            (Some(""), None, AgentKind::Unknown),
            (Some("Lynx/2.9"), None, AgentKind::Unknown),
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
