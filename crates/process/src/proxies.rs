//! The address of the client behind an operator's proxies. Each proxy on the way
//! appends the address of its caller to a list in a header; anything before that
//! can be forged. The list is therefore read from its end, and the first address
//! that is not one of the operator's proxies is the client's.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use munjigi_keys::UnixMillis;

use crate::config::{Reader, Variable};
use crate::log::Rarely;

/// What proxies send unless they are told otherwise.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    /// A list of addresses, the last by the nearest proxy: `X-Forwarded-For`.
    /// `None`: they name their clients in another way, if at all.
    pub header: Option<HeaderName>,
    /// The networks that they call from.
    pub trusted: Vec<IpNet>,
}

/// Finds the client of a request.
#[derive(Debug)]
pub struct ProxyChain {
    proxies: Option<Proxies>,
    metric: &'static str,
    warning: Rarely,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// One of our proxies wrote something else.
    NotAnAddress,
    /// One of our proxies wrote nothing.
    Missing,
    /// A caller on our own network names a client, and no proxy is configured.
    Unlisted,
}

impl Unread {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
        }
    }

    /// What it means, and what to do.
    const fn told(self) -> &'static str {
        match self {
            Self::NotAnAddress | Self::Missing => {
                "a trusted proxy sends no readable client address, so everybody behind it shares its limits; compare MUNJIGI_CLIENT_HEADER with the proxy's settings"
            }
            Self::Unlisted => {
                "a proxy seems to name clients in X-Forwarded-For, and it is not believed, so everybody behind it counts as one visitor; set MUNJIGI_CLIENT_HEADER and MUNJIGI_TRUSTED_PROXIES"
            }
        }
    }
}

impl Proxies {
    /// Reads the variables for both. Both are set, or neither: without a list,
    /// anyone who reaches the service could send the header and choose an
    /// address. The outer `None` means that the variables are wrong, the inner
    /// one that there are no proxies.
    pub fn read(
        reader: &mut Reader,
        header: &Variable,
        trusted: &Variable,
    ) -> Option<Option<Self>> {
        if !reader.is_set(header) && !reader.is_set(trusted) {
            return Some(None);
        }
        let header = reader.required(header, parse_header);
        let trusted = reader.required(trusted, parse_trusted);
        Some(Some(Self { header: Some(header?), trusted: trusted? }))
    }

    /// Reads the variables where the proxies name their clients before a
    /// connection's first byte, so that a header is needed only if there are
    /// further proxies before them. `None` means that the variables are wrong.
    pub fn read_without_header(
        reader: &mut Reader,
        header: &Variable,
        trusted: &Variable,
    ) -> Option<Self> {
        let header = if reader.is_set(header) {
            reader.required(header, parse_header).map(Some)
        } else {
            Some(None)
        };
        let trusted = reader.required(trusted, parse_trusted);
        Some(Self { header: header?, trusted: trusted? })
    }

    /// Whether an address is that of one of them.
    pub fn are_at(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }
}

impl ProxyChain {
    /// `metric` counts addresses that could not be read, by reason.
    pub const fn new(proxies: Option<Proxies>, metric: &'static str) -> Self {
        Self { proxies, metric, warning: Rarely::new() }
    }

    /// The proxies, if there are any.
    pub const fn proxies(&self) -> Option<&Proxies> {
        self.proxies.as_ref()
    }

    /// The client's address, or that of the nearest proxy whose entry could not
    /// be read.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap, now: UnixMillis) -> IpAddr {
        let peer = peer.to_canonical();
        let Some(proxies) = &self.proxies else {
            if seems_proxied(peer, headers) {
                self.tell(Unread::Unlisted, now);
            }
            return peer;
        };
        let Some(header) = &proxies.header else { return peer };
        let lines: Vec<&HeaderValue> = headers.get_all(header).iter().collect();
        let (client, unread) = trace(proxies, peer, &lines);
        if let Some(unread) = unread {
            self.tell(unread, now);
        }
        client
    }

    /// Counts every failure and logs some, without the header's text.
    fn tell(&self, unread: Unread, now: UnixMillis) {
        let reason = unread.as_str();
        metrics::counter!(self.metric, "reason" => reason).increment(1);
        if self.warning.is_due(now) {
            tracing::warn!(reason, "{}", unread.told());
        }
    }
}

/// Whether a peer in a private network forwards for someone else.
fn seems_proxied(peer: IpAddr, headers: &HeaderMap) -> bool {
    is_inside(peer) && headers.contains_key(X_FORWARDED_FOR)
}

/// Whether an address is of this machine or a private network.
pub fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn trace(proxies: &Proxies, peer: IpAddr, lines: &[&HeaderValue]) -> (IpAddr, Option<Unread>) {
    // Several lines are one list (RFC 9110, 5.3).
    let mut chain =
        lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut nearest = peer.to_canonical();
    let mut unread = Some(Unread::Missing);
    while proxies.are_at(nearest) {
        let Some(hop) = chain.next() else { return (nearest, unread) };
        let Some(address) = read(hop) else { return (nearest, Some(Unread::NotAnAddress)) };
        (nearest, unread) = (address, None);
    }
    (nearest, None)
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:4711`.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => {
            text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|at| at.ip())).ok()?
        }
    };
    Some(address.to_canonical())
}

fn parse_header(text: &str) -> Result<HeaderName, String> {
    if text.is_empty() {
        return Err("must be set where there are trusted proxies: X-Forwarded-For".to_owned());
    }
    let name: HeaderName = text.parse().map_err(|_| "must be the name of a header".to_owned())?;
    if name == FORWARDED {
        return Err(
            "must be a header that contains only addresses, such as X-Forwarded-For".to_owned()
        );
    }
    Ok(name)
}

fn parse_trusted(text: &str) -> Result<Vec<IpNet>, String> {
    let networks: Result<Vec<IpNet>, String> = text.split(',').map(parse_network).collect();
    let networks = networks?;
    if networks.iter().any(|network| network.prefix_len() == 0) {
        return Err("must be the addresses of your own proxies, not of everybody".to_owned());
    }
    Ok(networks)
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    if text.starts_with("unix:") {
        return Err("a proxy on a socket of this machine is at 127.0.0.1".to_owned());
    }
    let wrong =
        || format!("{text:?} is not an address such as 10.0.0.5 or a network such as 10.1.0.0/24");
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| wrong())?;
    if network != network.trunc() {
        return Err(format!("{network} is not a network: {} is", network.trunc()));
    }
    // Callers' addresses are compared as IPv4 if they are IPv4.
    if let IpNet::V6(mapped) = network
        && mapped.addr().to_ipv4_mapped().is_some()
    {
        return Err(format!("{network} is IPv4 written as IPv6: write it as 10.1.0.0/24"));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        Proxies {
            header: Some("x-forwarded-for".parse().unwrap()),
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        }
    }

    fn traced(peer: &str, lines: &[&str]) -> (String, Option<Unread>) {
        let lines: Vec<HeaderValue> =
            lines.iter().map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap()).collect();
        let lines: Vec<&HeaderValue> = lines.iter().collect();
        let (client, unread) = trace(&proxies(), peer.parse().unwrap(), &lines);
        (client.to_string(), unread)
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_trusted_proxy() {
        for (peer, lines, client) in [
            // Not from one of our proxies, so the header is ignored.
            ("192.0.2.1", ["198.51.100.9"].as_slice(), "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            // What the client sent itself comes before what proxies append.
            ("10.0.0.1", &["198.51.100.9, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.9", "203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.9, 203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["10.0.0.3,203.0.113.7,10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["nonsense, 203.0.113.7"], "203.0.113.7"),
            // IPv4 written as IPv6, also by the peer's own socket.
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("::ffff:192.0.2.1", &["198.51.100.9"], "192.0.2.1"),
            // A client on the internal network, without a proxy before it.
            ("10.0.0.1", &["10.0.0.9"], "10.0.0.9"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
        ] {
            assert_eq!(traced(peer, lines), (client.to_owned(), None), "{peer} {lines:?}");
        }
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, client) in [
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            (" \t203.0.113.7 ", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ] {
            assert_eq!(traced("10.0.0.1", &[written]), (client.to_owned(), None), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_proxy_that_wrote_it() {
        for written in
            ["unknown", "unix:", "", "203.0.113.7;", "[203.0.113.7]", "203.0.113.7:x", "é"]
        {
            let lines = ["198.51.100.9", written];
            let expected = ("10.0.0.1".to_owned(), Some(Unread::NotAnAddress));
            assert_eq!(traced("10.0.0.1", &lines), expected, "{written}");
        }
        assert_eq!(
            traced("10.0.0.1", &["unknown, 10.0.0.2"]),
            ("10.0.0.2".to_owned(), Some(Unread::NotAnAddress))
        );
        assert_eq!(traced("10.0.0.1", &[]), ("10.0.0.1".to_owned(), Some(Unread::Missing)));
    }

    #[test]
    fn without_proxies_a_header_says_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.9"));
        let client = ProxyChain::new(None, "unread").client(
            "10.0.0.1".parse().unwrap(),
            &headers,
            UnixMillis(1),
        );
        assert_eq!(client.to_string(), "10.0.0.1");
    }

    #[test]
    fn a_proxy_that_is_not_listed_is_noticed_by_its_network() {
        let named =
            HeaderMap::from_iter([(X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.1"))]);
        let seems = |peer: &str, headers: &HeaderMap| seems_proxied(peer.parse().unwrap(), headers);
        for inside in ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "::1", "fd00::1"] {
            assert!(seems(inside, &named), "{inside}");
            assert!(!seems(inside, &HeaderMap::new()), "{inside}");
        }
        // Anyone can send the header.
        for outside in ["203.0.113.7", "2001:db8::1"] {
            assert!(!seems(outside, &named), "{outside}");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let read = |text: &str| {
            parse_trusted(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(read("10.0.0.5"), Ok(vec!["10.0.0.5/32".to_owned()]));
        assert_eq!(
            read(" 10.1.0.0/24, ::1 ,2001:db8::/48,::ffff:10.0.0.9"),
            Ok(["10.1.0.0/24", "::1/128", "2001:db8::/48", "10.0.0.9/32"]
                .map(str::to_owned)
                .to_vec())
        );
        for (text, told) in [
            ("proxy.example", "\"proxy.example\" is not an address"),
            ("10.0.0.5,", "\"\" is not an address"),
            ("10.0.0.5:80", "is not an address"),
            ("unix:", "a socket of this machine is at 127.0.0.1"),
            ("10.0.0.0/33", "is not an address"),
            ("10.0.0.5/24", "10.0.0.5/24 is not a network: 10.0.0.0/24 is"),
            ("0.0.0.0/0", "not of everybody"),
            ("::/0", "not of everybody"),
            ("::ffff:10.0.0.0/104", "IPv4 written as IPv6"),
            ("::ffff:0:0/96", "IPv4 written as IPv6"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_header_has_addresses_alone() {
        assert_eq!(parse_header("X-Forwarded-For").unwrap().as_str(), "x-forwarded-for");
        assert!(parse_header("Forwarded").is_err());
        assert!(parse_header("x y").is_err());
        assert!(parse_header("").unwrap_err().contains("where there are trusted proxies"));
    }

    proptest! {
        #[test]
        fn whatever_a_client_sends_it_is_seen_where_it_is(
            sent in proptest::collection::vec("[ -~]{0,40}", 0..4),
        ) {
            let mut lines: Vec<&str> = sent.iter().map(String::as_str).collect();
            lines.push("203.0.113.7");
            prop_assert_eq!(traced("10.0.0.1", &lines), ("203.0.113.7".to_owned(), None));
        }
    }
}
