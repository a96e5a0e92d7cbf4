//! Host names of pages, the patterns that sites allow, and the loopback names.
//! `site` decides which patterns a name is compared with.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// A page's host as browsers spell it: lower-case letters, digits and
/// hyphens (other scripts as punycode), an IPv4 address, or an IPv6 address
/// in brackets; no port, no trailing dot. One spelling per host: nothing is
/// normalised, other spellings are refused. Underscores are refused too,
/// because `frame-ancestors` cannot name such a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

/// Why a text is not a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Empty, or `null`, which pages without an origin report.
    #[error("the host is empty")]
    Empty,
    /// More than 253 bytes, or a label of more than 63.
    #[error("the host or one of its labels is too long")]
    TooLong,
    /// A label is empty: a leading, double or trailing dot.
    #[error("a label is empty")]
    EmptyLabel,
    /// A character that no label has, or a hyphen at a label's end.
    #[error("a label has a character that a lower-case host name cannot have")]
    BadLabel,
    /// Ends like an address without being one in its usual spelling.
    #[error("not an address in its usual spelling")]
    BadAddress,
    /// A pattern for everything under a single label, an address or a
    /// loopback name.
    #[error("a wildcard needs a name of at least two labels, like *.example.com")]
    BadWildcard,
}

impl Hostname {
    /// Reads a host name in the one spelling that browsers use.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The host of an `Origin` or `Referer` header, without its port.
    /// `None` for `null` and everything that is not http or https.
    pub fn of_url(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        Self::parse(host).ok()
    }

    /// The host name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        self.0 == "localhost"
            || self.0.ends_with(".localhost")
            || self.0 == "[::1]"
            || self.0.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }

    fn is_address(&self) -> bool {
        self.0.starts_with('[') || ends_in_a_number(&self.0)
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pattern for the hosts that a site allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this host.
    Exact(Hostname),
    /// `*.example.com`: this name and everything under it.
    Under(Hostname),
}

impl HostPattern {
    /// Reads `example.com` or `*.example.com`.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let Some(base) = text.strip_prefix("*.") else {
            return Hostname::parse(text).map(Self::Exact);
        };
        let base = Hostname::parse(base)?;
        // `*.com` would allow half of the web; a loopback name or an address
        // has nothing below it that a wildcard could match.
        if !base.0.contains('.') || base.is_address() || base.is_loopback() {
            return Err(HostError::BadWildcard);
        }
        Ok(Self::Under(base))
    }

    /// Whether the pattern covers a host.
    pub fn matches(&self, host: &Hostname) -> bool {
        match self {
            Self::Exact(exact) => exact == host,
            Self::Under(base) => match host.0.strip_suffix(base.as_str()) {
                Some(before) => before.is_empty() || before.ends_with('.'),
                None => false,
            },
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(&host.0),
            Self::Under(base) => {
                f.write_str("*.")?;
                f.write_str(&base.0)
            }
        }
    }
}

fn check(text: &str) -> Result<(), HostError> {
    if text.is_empty() || text == "null" {
        return Err(HostError::Empty);
    }
    if text.len() > MAX_HOST_BYTES {
        return Err(HostError::TooLong);
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let inner = bracketed.strip_suffix(']').ok_or(HostError::BadAddress)?;
        return check_v6(inner);
    }
    for label in text.split('.') {
        check_label(label)?;
    }
    if ends_in_a_number(text) && text.parse::<Ipv4Addr>().is_err() {
        return Err(HostError::BadAddress);
    }
    Ok(())
}

fn check_label(label: &str) -> Result<(), HostError> {
    if label.is_empty() {
        return Err(HostError::EmptyLabel);
    }
    if label.len() > MAX_LABEL_BYTES {
        return Err(HostError::TooLong);
    }
    let ldh = label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !ldh || label.starts_with('-') || label.ends_with('-') {
        return Err(HostError::BadLabel);
    }
    Ok(())
}

/// Browsers spell IPv6 as RFC 5952 and an IPv4-mapped one in hex, where
/// Rust writes it dotted.
fn check_v6(inner: &str) -> Result<(), HostError> {
    let address: Ipv6Addr = inner.parse().map_err(|_| HostError::BadAddress)?;
    let usual = match address.to_ipv4_mapped() {
        Some(_) => !inner.contains('.') && inner.starts_with("::ffff:"),
        None => address.to_string() == inner,
    };
    let leading_zero = inner.split(':').any(|group| group.len() > 1 && group.starts_with('0'));
    let upper = inner.bytes().any(|byte| byte.is_ascii_uppercase());
    if usual && !leading_zero && !upper { Ok(()) } else { Err(HostError::BadAddress) }
}

/// The URL standard reads a host whose last label is a number as an IPv4
/// address, so no host name ends in one.
fn ends_in_a_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    !last.is_empty() && (digits(last) || last.strip_prefix("0x").is_some_and(hex))
}

mod site_host;
#[cfg(feature = "typed-hosts")]
mod typed;

pub use site_host::SiteHost;

#[cfg(test)]
mod tests;
