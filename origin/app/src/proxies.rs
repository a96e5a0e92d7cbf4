//! The address of the client. Each proxy on the way appends the address of its
//! caller to a list in a header; anything before that can be forged. The list
//! is therefore read from its end, and the first address that is not one of our
//! proxies is the client's.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue};
use munjigi_keys::UnixMillis;

use crate::settings::Proxies;

/// The log reports unreadable addresses at most this often.
const TELL_MILLIS: u64 = 60_000;

#[derive(Debug, Default)]
pub struct ProxyChain {
    proxies: Option<Proxies>,
    told_at: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// One of our proxies wrote something else.
    NotAnAddress,
    /// One of our proxies wrote nothing.
    Missing,
}

impl Unread {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::Missing => "missing",
        }
    }
}

impl ProxyChain {
    pub fn new(proxies: Option<Proxies>) -> Self {
        Self { proxies, told_at: AtomicU64::new(0) }
    }

    /// The client's address, or that of the nearest proxy whose entry could not
    /// be read.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap, now: UnixMillis) -> IpAddr {
        let peer = peer.to_canonical();
        let Some(proxies) = &self.proxies else { return peer };
        let lines: Vec<&HeaderValue> = headers.get_all(&proxies.header).iter().collect();
        let (client, unread) = trace(proxies, peer, &lines);
        if let Some(unread) = unread {
            self.tell(unread, now);
        }
        client
    }

    /// Counts every failure and logs some, without the header's text.
    fn tell(&self, unread: Unread, now: UnixMillis) {
        let reason = unread.as_str();
        metrics::counter!("munjigi_console_client_unread_total", "reason" => reason).increment(1);
        if self.is_due(now) {
            tracing::warn!(
                reason,
                "a trusted proxy sends no readable client address, so everybody behind it shares its limits; compare MUNJIGI_CLIENT_HEADER with the proxy's settings"
            );
        }
    }

    /// Whether to log it; of several concurrent calls, only one does.
    fn is_due(&self, now: UnixMillis) -> bool {
        let told = self.told_at.load(Ordering::Relaxed);
        let is_due = told == 0 || now.since(UnixMillis(told)) >= TELL_MILLIS;
        let order = Ordering::Relaxed;
        is_due && self.told_at.compare_exchange(told, now.0, order, order).is_ok()
    }
}

fn trace(proxies: &Proxies, peer: IpAddr, lines: &[&HeaderValue]) -> (IpAddr, Option<Unread>) {
    // Several lines are one list (RFC 9110, 5.3).
    let mut chain =
        lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let is_ours =
        |address: &IpAddr| proxies.trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    let mut unread = Some(Unread::Missing);
    while is_ours(&nearest) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        Proxies {
            header: "x-forwarded-for".parse().unwrap(),
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
        for written in ["unknown", "", "203.0.113.7;", "[203.0.113.7]", "203.0.113.7:x", "é"] {
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
        let client =
            ProxyChain::default().client("10.0.0.1".parse().unwrap(), &headers, UnixMillis(1));
        assert_eq!(client.to_string(), "10.0.0.1");
    }

    #[test]
    fn the_log_tells_of_it_once_a_minute() {
        let chain = ProxyChain::new(Some(proxies()));
        let due = [1, 2, TELL_MILLIS, TELL_MILLIS + 1, TELL_MILLIS + 2];
        assert_eq!(due.map(|at| chain.is_due(UnixMillis(at))), [true, false, false, true, false]);
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
