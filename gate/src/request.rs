//! A request in the form that the routes read. Who the client is, and which
//! address it called, are the only things decided here, because only a shell
//! knows its proxies.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use munjigi_keys::UnixMillis;
use munjigi_process::proxies::ProxyChain;
use munjigi_serving::inbound::{BodyError, Inbound, Source};
use url::Url;

/// A body that takes longer has ended early.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Beside the user agent, what depends on a client's software and on nothing
/// that is a person's. The Worker joins the same headers.
const SOFTWARE_HEADERS: [&str; 4] =
    ["sec-ch-ua-platform", "sec-ch-ua-mobile", "accept", "priority"];

/// What the gate knows about the way that requests take.
#[derive(Debug)]
pub struct Way {
    /// The proxies in front of it.
    pub proxies: ProxyChain,
    /// The address that visitors use, `https://captcha.example`; `None`: what
    /// each request says.
    pub public: Option<String>,
}

/// The headers and the body of a request.
#[derive(Debug)]
pub struct Request {
    headers: HeaderMap,
    body: Mutex<Option<Body>>,
}

/// The request names no host, or one that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request names no valid host")]
pub struct NoHost;

impl Way {
    /// The request that a connection from `peer` brought.
    pub fn inbound(
        &self,
        head: Parts,
        body: Body,
        peer: IpAddr,
        now: UnixMillis,
    ) -> Result<Inbound<Request>, NoHost> {
        let client = self.proxies.client(peer, &head.headers, now);
        let url = self.url(&head, peer)?;
        let description = describe(&head, &url, client);
        let body = Mutex::new(Some(body));
        Ok(Inbound::new(Request { headers: head.headers, body }, description))
    }

    /// The whole URL, normalised as browsers do it.
    fn url(&self, head: &Parts, peer: IpAddr) -> Result<Url, NoHost> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let text = match &self.public {
            Some(base) => format!("{base}{path}"),
            None => format!("{}://{}{path}", self.scheme(head, peer), host(head).ok_or(NoHost)?),
        };
        let url = Url::parse(&text).map_err(|_| NoHost)?;
        // `Host: a/b` or `Host: name@a` would have moved the path.
        let is_plain = url.host_str().is_some() && url.username().is_empty();
        if is_plain && (self.public.is_some() || !has_delimiters(head)) {
            Ok(url)
        } else {
            Err(NoHost)
        }
    }

    /// What a trusted proxy says; nobody else can.
    fn scheme(&self, head: &Parts, peer: IpAddr) -> &'static str {
        let trusted = self.proxies.proxies().is_some_and(|proxies| proxies.are_at(peer));
        let said = head.headers.get("x-forwarded-proto").filter(|_| trusted);
        if said.is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(b"https")) {
            "https"
        } else {
            "http"
        }
    }
}

fn host(head: &Parts) -> Option<&str> {
    let named = head.uri.authority().map(axum::http::uri::Authority::as_str);
    named.or_else(|| head.headers.get(header::HOST)?.to_str().ok()).filter(|host| !host.is_empty())
}

fn has_delimiters(head: &Parts) -> bool {
    host(head).is_some_and(|host| host.contains(['/', '?', '#', '@', '\\']))
}

/// A line each, in the order of [`Inbound`]; no value can contain a line break.
fn describe(head: &Parts, url: &Url, client: IpAddr) -> String {
    let header = |name: &str| text(&head.headers, name).unwrap_or_default();
    let software = SOFTWARE_HEADERS.map(header).join(" ");
    let client = client.to_string();
    // Unknown without a database of networks and without TLS of our own: the
    // version of HTTP is that of the nearest proxy, and nothing about a client.
    let (country, asn, http, tls, handshake) = ("", "", "", "", "");
    let lines = [
        head.method.as_str(),
        url.as_str(),
        &header("content-type"),
        &header("content-length"),
        &header("sec-fetch-site"),
        &client,
        &header("user-agent"),
        &header("sec-ch-ua"),
        country,
        asn,
        http,
        tls,
        &software,
        handshake,
    ];
    let mut description = lines.join("\n");
    description.push('\n');
    description
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
    use munjigi_captcha::HttpVersion;
    use munjigi_process::proxies::Proxies;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn way(public: Option<&str>) -> Way {
        let proxies = Proxies {
            header: "x-forwarded-for".parse().unwrap(),
            trusted: vec!["10.0.0.0/8".parse().unwrap()],
        };
        Way { proxies: ProxyChain::new(Some(proxies), "unread"), public: public.map(str::to_owned) }
    }

    fn inbound(
        way: &Way,
        peer: &str,
        headers: &[(&str, &str)],
        uri: &str,
    ) -> Result<Inbound<Request>, NoHost> {
        let mut request = HttpRequest::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        way.inbound(head, Body::empty(), peer.parse().unwrap(), NOW)
    }

    fn base(way: &Way, peer: &str, headers: &[(&str, &str)]) -> Result<String, NoHost> {
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
        let public = way(Some("https://captcha.example"));
        assert_eq!(
            base(&public, "192.0.2.1", &[("host", "else")]).unwrap(),
            "https://captcha.example"
        );
    }

    #[test]
    fn a_request_without_a_valid_host_is_refused() {
        for host in ["", "a/v1/challenges?", "name@a", "a b", "a#", "[::1", "a\\b"] {
            assert_eq!(base(&way(None), "192.0.2.1", &[("host", host)]), Err(NoHost), "{host}");
        }
        assert_eq!(base(&way(None), "192.0.2.1", &[]), Err(NoHost));
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
    fn the_version_of_a_connection_says_nothing_about_a_visitor() {
        let visit = inbound(&way(None), "10.0.0.1", &[("host", "a")], "/").unwrap().visit();
        assert_eq!(visit.http, HttpVersion::Unknown);
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
