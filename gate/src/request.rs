//! A request in the form that the routes read. Who the client is, and which
//! address it called, are the only things decided here, because only a shell
//! knows its proxies.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Version, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use munjigi_keys::UnixMillis;
use munjigi_process::proxies::{Proxies, ProxyChain, is_inside};
use munjigi_protocol::WELL_KNOWN;
use munjigi_serving::inbound::{BodyError, Description, Inbound, SOFTWARE_HEADERS, Source};
use url::{Host, Url};

use crate::config::PublicUrl;
use crate::networks::Networks;

/// A body that takes longer has ended early.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// What the gate knows about the way that requests take.
#[derive(Debug)]
pub struct Way {
    /// The proxies in front of it.
    pub proxies: ProxyChain,
    /// The address that visitors use; `None`: what each request says.
    pub public: Option<PublicUrl>,
    /// Whether connections begin with the address of their client.
    pub proxy_protocol: bool,
    /// Where addresses are.
    pub networks: Networks,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The peer of the connection, or whom a PROXY header names.
    pub address: IpAddr,
    /// The version of TLS that the gate itself speaks on the connection.
    pub tls: Option<&'static str>,
    /// Whether the connection is that of a visitor's own software, so that its
    /// versions say something about it.
    pub is_direct: bool,
}

/// The headers and the body of a request.
#[derive(Debug)]
pub struct Request {
    headers: HeaderMap,
    body: Mutex<Option<Body>>,
}

/// Why a request is not for this gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// No host, more than one, or one that is none.
    #[error("the request does not name one valid host")]
    Invalid,
    /// Not the host that visitors use. A name that someone else points at this
    /// address must not open our pages.
    #[error("this is not the host that `url` in the settings names")]
    Other,
}

impl HostError {
    /// The status of its answer.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Other => 421,
        }
    }
}

impl Way {
    /// By these proxies, at this address.
    pub fn new(proxies: Option<Proxies>, public: Option<PublicUrl>, proxy_protocol: bool) -> Self {
        let proxies = ProxyChain::new(proxies, "munjigi_edge_client_unread_total");
        Self { proxies, public, proxy_protocol, networks: Networks::default() }
    }

    /// The same, by databases that say where addresses are.
    #[must_use]
    pub fn with_networks(self, networks: Networks) -> Self {
        Self { networks, ..self }
    }

    /// The request that a caller sent, with its `url`.
    pub fn inbound(
        &self,
        head: Parts,
        url: &Url,
        body: Body,
        caller: Caller,
        now: UnixMillis,
    ) -> Inbound<Request> {
        let client = self.proxies.client(caller.address, &head.headers, now);
        let description = describe(&head, url, client, caller, &self.networks);
        let body = Mutex::new(Some(body));
        Inbound::new(Request { headers: head.headers, body }, description)
    }

    /// The whole URL of a request, normalised as browsers do it, as if the gate
    /// were at the top of its host. Some proxies take its path away, some do
    /// not; no route begins with one. Protected hosts have its routes below
    /// [`WELL_KNOWN`].
    ///
    /// # Errors
    ///
    /// The request is not for this gate.
    pub fn url(&self, head: &Parts, caller: Caller) -> Result<Url, HostError> {
        let asked = self.asked(head, caller)?;
        let Some(public) = &self.public else {
            let path = below(asked.path(), WELL_KNOWN).to_owned();
            let mut url = asked;
            url.set_path(&path);
            return Ok(url);
        };
        // Proxies often ask for the address that they are told, as programs on
        // this machine do.
        let is_ours = public.origin.host() == asked.host()
            || self.is_proxy(caller.address)
            || is_loopback(&asked);
        if !is_ours {
            return Err(HostError::Other);
        }
        let mut url = public.origin.clone();
        url.set_path(below(below(asked.path(), &public.base_path), WELL_KNOWN));
        url.set_query(asked.query());
        Ok(url)
    }

    /// The URL by the host that the request names. A client of HTTP/1.0 may name
    /// none where visitors use one address.
    fn asked(&self, head: &Parts, caller: Caller) -> Result<Url, HostError> {
        if head.headers.get_all(header::HOST).iter().count() > 1 {
            return Err(HostError::Invalid);
        }
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let Some(host) = host(head) else {
            let is_old =
                head.version < Version::HTTP_11 && !head.headers.contains_key(header::HOST);
            let public = self.public.as_ref().filter(|_| is_old).ok_or(HostError::Invalid)?;
            let origin = public.origin.origin().ascii_serialization();
            return Url::parse(&format!("{origin}{path}")).map_err(|_| HostError::Invalid);
        };
        // `Host: a/b` or `Host: name@a` would move the path.
        if host.contains(['/', '?', '#', '@', '\\']) {
            return Err(HostError::Invalid);
        }
        let asked = format!("{}://{host}{path}", self.scheme(head, caller));
        Url::parse(&asked).map_err(|_| HostError::Invalid)
    }

    /// Whether a peer stands for many clients: a proxy, also one that no one
    /// listed. Strangers cannot come from a private network.
    pub fn speaks_for_many(&self, peer: IpAddr) -> bool {
        self.is_proxy(peer) || is_inside(peer)
    }

    /// Whether a peer is one of the operator's proxies.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.proxies().is_some_and(|proxies| proxies.are_at(peer))
    }

    /// Our own, or what a trusted proxy says; no one else can.
    fn scheme(&self, head: &Parts, caller: Caller) -> &'static str {
        let is_proxy = self.is_proxy(caller.address);
        let said = head.headers.get("x-forwarded-proto").filter(|_| is_proxy);
        if caller.tls.is_some()
            || said.is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(b"https"))
        {
            "https"
        } else {
            "http"
        }
    }
}

/// A path without what it begins with, if the rest is one.
fn below<'path>(path: &'path str, base: &str) -> &'path str {
    path.strip_prefix(base).filter(|below| below.starts_with('/')).unwrap_or(path)
}

fn host(head: &Parts) -> Option<&str> {
    let named = head.uri.authority().map(axum::http::uri::Authority::as_str);
    named.or_else(|| head.headers.get(header::HOST)?.to_str().ok()).filter(|host| !host.is_empty())
}

/// Whether only this machine is reached by a host.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn describe(
    head: &Parts,
    url: &Url,
    client: IpAddr,
    caller: Caller,
    networks: &Networks,
) -> String {
    let header = |name: &str| text(&head.headers, name).unwrap_or_default();
    // Behind a proxy these are the proxy's, and say nothing about a client.
    let (http, tls) = match caller.tls {
        Some(tls) if caller.is_direct => (http_version(head.version), tls),
        _ => ("", ""),
    };
    // No one here looks at handshakes.
    let unknown = Description::default();
    let place = networks.location(client);
    let system = place.system.map(|number| number.to_string());
    Description {
        method: head.method.as_str(),
        url: url.as_str(),
        content_type: &header("content-type"),
        content_length: &header("content-length"),
        sec_fetch_site: &header("sec-fetch-site"),
        address: &client.to_string(),
        user_agent: &header("user-agent"),
        client_hints: &header("sec-ch-ua"),
        http,
        tls,
        country: place.country.unwrap_or_default(),
        asn: system.as_deref().unwrap_or_default(),
        software: &SOFTWARE_HEADERS.map(header).join(" "),
        ..unknown
    }
    .text()
}

/// In the words of a description.
const fn http_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "",
    }
}

/// All values of a header as one, as browsers read it.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut text = values.next()?.into_owned();
    for value in values {
        text.push_str(", ");
        text.push_str(&value);
    }
    Some(text)
}

impl Source for Request {
    fn header(&self, name: &str) -> Option<String> {
        text(&self.headers, name)
    }

    fn platform_id(&self) -> Option<String> {
        None
    }

    async fn read(&self, stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError> {
        if stated.is_some_and(|stated| stated > cap) {
            return Err(BodyError::TooLarge);
        }
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let body = Limited::new(body.ok_or(BodyError::Broken)?, cap);
        match tokio::time::timeout(BODY_WITHIN, body.collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes().into()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
            Ok(Err(_)) | Err(_) => Err(BodyError::Broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request as HttpRequest;
    use munjigi_captcha::{HttpVersion, TlsVersion};

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn way(public: Option<&str>) -> Way {
        let proxies = Proxies {
            header: Some("x-forwarded-for".parse().unwrap()),
            trusted: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let public = public.map(|origin| PublicUrl {
            origin: origin.parse().unwrap(),
            base_path: "/captcha".to_owned(),
        });
        Way::new(Some(proxies), public, false)
    }

    fn inbound(
        way: &Way,
        peer: &str,
        headers: &[(&str, &str)],
        uri: &str,
    ) -> Result<Inbound<Request>, HostError> {
        let mut request = HttpRequest::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let caller = Caller { address: peer.parse().unwrap(), tls: None, is_direct: false };
        let url = way.url(&head, caller)?;
        Ok(way.inbound(head, &url, Body::empty(), caller, NOW))
    }

    fn base(way: &Way, peer: &str, headers: &[(&str, &str)]) -> Result<String, HostError> {
        Ok(inbound(way, peer, headers, "/health")?.url().base().to_owned())
    }

    #[test]
    fn a_url_has_the_host_that_was_asked_and_the_scheme_that_a_proxy_names() {
        let host = ("host", "captcha.example");
        let https = ("x-forwarded-proto", "https");
        let ours = |peer, headers: &[_]| base(&way(None), peer, headers).unwrap();
        assert_eq!(ours("10.0.0.1", &[host, https]), "https://captcha.example");
        assert_eq!(ours("10.0.0.1", &[host]), "http://captcha.example");
        assert_eq!(ours("192.0.2.1", &[host, https]), "http://captcha.example");
        assert_eq!(ours("192.0.2.1", &[("host", "127.0.0.1:8786")]), "http://127.0.0.1:8786");
    }

    #[test]
    fn behind_a_public_url_other_hosts_are_refused() {
        let public = way(Some("https://captcha.example"));
        for host in
            ["captcha.example", "captcha.example:443", "127.0.0.1:8786", "[::1]", "localhost"]
        {
            let url = base(&public, "192.0.2.1", &[("host", host)]);
            assert_eq!(url.unwrap(), "https://captcha.example", "{host}");
        }
        for host in ["else.example", "captcha.example.else", "192.0.2.1"] {
            let url = base(&public, "192.0.2.1", &[("host", host)]);
            assert_eq!(url, Err(HostError::Other), "{host}");
            // What a proxy calls us is between it and us.
            assert!(base(&public, "10.0.0.1", &[("host", host)]).is_ok(), "{host}");
        }
        let absolute = inbound(&public, "192.0.2.1", &[], "http://else.example/health");
        assert_eq!(absolute.err(), Some(HostError::Other));
    }

    #[test]
    fn a_request_without_one_valid_host_is_refused() {
        for public in [None, Some("https://captcha.example")] {
            let base = |headers: &[_]| base(&way(public), "192.0.2.1", headers);
            for host in ["", "a/v1/challenges?", "name@a", "a b", "a#", "[::1", "a\\b"] {
                assert_eq!(base(&[("host", host)]), Err(HostError::Invalid), "{host}");
            }
            assert_eq!(base(&[]), Err(HostError::Invalid));
            let twice = [("host", "captcha.example"), ("host", "captcha.example")];
            assert_eq!(base(&twice), Err(HostError::Invalid));
        }
    }

    #[test]
    fn paths_are_normalised_as_browsers_do() {
        for (sent, path, query) in [
            ("/v1/../siteverify?a=b", "/siteverify", "a=b"),
            ("/v1/./challenges", "/v1/challenges", ""),
            ("/%76ersion", "/%76ersion", ""),
            ("//else.example/health", "//else.example/health", ""),
        ] {
            let inbound = inbound(&way(None), "192.0.2.1", &[("host", "a")], sent).unwrap();
            assert_eq!((inbound.url().path(), inbound.url().query()), (path, query), "{sent}");
        }
    }

    #[test]
    fn what_is_asked_below_the_path_of_the_public_url_is_asked_of_the_gate() {
        let public = way(Some("https://shop.example"));
        for (sent, path) in [
            ("/captcha/v1/challenges?a=b", "/v1/challenges"),
            ("/v1/challenges?a=b", "/v1/challenges"),
            ("/captcha/captcha/health?a=b", "/captcha/health"),
            ("/captcha/x/../health?a=b", "/health"),
            ("/.well-known/munjigi/health?a=b", "/health"),
            ("/captcha/.well-known/munjigi/health?a=b", "/health"),
            ("/captcha//health?a=b", "//health"),
            ("/captchas/health?a=b", "/captchas/health"),
            ("/captcha?a=b", "/captcha"),
        ] {
            let inbound = inbound(&public, "192.0.2.1", &[("host", "shop.example")], sent);
            let inbound = inbound.unwrap();
            let url = inbound.url();
            assert_eq!(
                (url.base(), url.path(), url.query()),
                ("https://shop.example", path, "a=b"),
                "{sent}"
            );
        }
    }

    #[test]
    fn the_client_is_who_a_trusted_proxy_names() {
        let address = |peer, forwarded| {
            let headers = [("host", "a"), ("x-forwarded-for", forwarded)];
            let visit = inbound(&way(None), peer, &headers, "/").unwrap().visit();
            visit.address
        };
        assert_eq!(address("10.0.0.1", "203.0.113.7"), address("203.0.113.7", "198.51.100.1"));
        assert_ne!(address("10.0.0.1", "203.0.113.7"), address("10.0.0.1", "203.0.113.8"));
    }

    #[test]
    fn a_proxy_and_a_private_network_speak_for_many() {
        let listed = Proxies {
            header: Some("x-forwarded-for".parse().unwrap()),
            trusted: vec!["198.51.100.0/24".parse().unwrap()],
        };
        let way = Way::new(Some(listed), None, false);
        let speaks = |peer: &str| way.speaks_for_many(peer.parse().unwrap());
        assert!(["198.51.100.7", "192.168.1.1", "127.0.0.1", "fd00::1"].into_iter().all(speaks));
        assert!(!speaks("203.0.113.7") && !speaks("2001:db8::1"));
    }

    #[test]
    fn versions_speak_of_a_visitor_where_they_are_the_visitors_own() {
        let visit = |tls, is_direct, version| {
            let request = HttpRequest::get("https://a/").version(version).body(()).unwrap();
            let (head, ()) = request.into_parts();
            let caller = Caller { address: "203.0.113.7".parse().unwrap(), tls, is_direct };
            let way = way(None);
            let url = way.url(&head, caller).unwrap();
            let visit = way.inbound(head, &url, Body::empty(), caller, NOW).visit();
            (visit.http, visit.tls, url.scheme().to_owned())
        };
        let unknown = |scheme: &str| (HttpVersion::Unknown, TlsVersion::Unknown, scheme.to_owned());
        // A proxy speaks HTTP/1.1 for everybody.
        assert_eq!(visit(None, false, Version::HTTP_11), unknown("http"));
        assert_eq!(visit(Some("TLSv1.3"), false, Version::HTTP_11), unknown("https"));
        // Without TLS, browsers speak nothing else.
        assert_eq!(visit(None, true, Version::HTTP_11), unknown("http"));
        let own = |http, tls| (http, tls, "https".to_owned());
        assert_eq!(
            visit(Some("TLSv1.3"), true, Version::HTTP_2),
            own(HttpVersion::Two, TlsVersion::OneThree)
        );
        assert_eq!(
            visit(Some("TLSv1.2"), true, Version::HTTP_11),
            own(HttpVersion::One, TlsVersion::OneTwo)
        );
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_cap() {
        let request = |body: &'static str| Request {
            headers: HeaderMap::new(),
            body: Mutex::new(Some(Body::from(body))),
        };
        assert_eq!(request("four").read(None, 4).await, Ok(b"four".to_vec()));
        assert_eq!(request("fives").read(None, 4).await, Err(BodyError::TooLarge));
        assert_eq!(request("").read(Some(5), 4).await, Err(BodyError::TooLarge));
        let once = request("once");
        assert!(once.read(None, 4).await.is_ok());
        assert_eq!(once.read(None, 4).await, Err(BodyError::Broken));
    }
}
