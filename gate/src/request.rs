//! A request in the form that the routes read. Who the client is, and which
//! address it called, are the only things decided here, because only a shell
//! knows its proxies.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Version, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use munjigi_captcha::{Address, Country, Listings, Location, Sitekey};
use munjigi_keys::UnixMillis;
use munjigi_process::proxies::{Proxies, ProxyChain, is_inside};
use munjigi_protocol::WELL_KNOWN;
use munjigi_protocol::routes::CLEARANCE_CHECK;
use munjigi_serving::inbound::{BodyError, Connection, Inbound, Source};
use url::{Host, Url};

use crate::config::PublicUrl;
use crate::connections::Holder;
use crate::networks::{Lookup, Networks};

/// A body that takes longer has ended early.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How requests reach the gate: proxies, public URL, PROXY protocol.
#[derive(Debug)]
pub struct Ingress {
    /// The proxies in front of it.
    pub proxies: ProxyChain,
    /// The address that visitors use; `None`: what each request says.
    pub public: Option<PublicUrl>,
    /// Whether connections begin with the address of their client.
    pub proxy_protocol: bool,
    pub networks: Networks,
}

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

/// A request with what the gate knows of its client.
#[derive(Debug)]
pub struct Request {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Mutex<Option<Body>>,
    client: IpAddr,
    connection: Connection<'static>,
    networks: Networks,
    is_operators: bool,
    shown: OnceLock<Holder>,
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

impl Ingress {
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
        url: String,
        body: Body,
        caller: Caller,
        now: UnixMillis,
    ) -> Inbound<Request> {
        let client = self.proxies.client(caller.address, &head.headers, now);
        let Parts { method, version, headers, uri, .. } = head;
        // Behind a proxy these are the proxy's, and say nothing about a client.
        // No one here looks at handshakes.
        let connection = match caller.tls {
            Some(tls) if caller.is_direct => {
                Connection { http: http_version(version), tls, handshake: "" }
            }
            _ => Connection::default(),
        };
        let (body, networks) = (Mutex::new(Some(body)), self.networks.clone());
        let is_operators =
            self.is_proxy(caller.address) || caller.address.to_canonical().is_loopback();
        // What only becomes the check's path once it is normalised is a visitor's
        // that a proxy passed on.
        let is_operators = is_operators && uri.path() == CLEARANCE_CHECK.path;
        Inbound::new(Request {
            method,
            url,
            headers,
            body,
            client,
            connection,
            networks,
            is_operators,
            shown: OnceLock::new(),
        })
    }

    /// The whole URL of a request, normalised as browsers do it, as if the gate
    /// were at the top of its host. Some proxies take its path away, some do
    /// not; no route begins with one. Protected hosts have its routes below
    /// [`WELL_KNOWN`].
    ///
    /// # Errors
    ///
    /// The request is not for this gate.
    pub fn url(&self, head: &Parts, caller: Caller) -> Result<String, HostError> {
        match self.plain_url(head, caller) {
            Some(url) => Ok(url),
            None => self.parsed_url(head, caller).map(String::from),
        }
    }

    /// The same for a request that is spelt as [`Url`] would write it, as most
    /// are: to parse it would take as long as many an answer.
    fn plain_url(&self, head: &Parts, caller: Caller) -> Option<String> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (host, None, None) = (hosts.next()?.to_str().ok()?, hosts.next(), head.uri.authority())
        else {
            return None;
        };
        let asked = head.uri.path_and_query()?.as_str();
        let (path, query) = asked.split_at(asked.find('?').unwrap_or(asked.len()));
        if !is_plain_host(host) || !is_plain_path(path) || !query.bytes().all(is_plain) {
            return None;
        }
        Some(match &self.public {
            None => {
                let scheme = self.scheme(head, caller);
                [scheme, "://", host, below(path, WELL_KNOWN), query].concat()
            }
            Some(public) => {
                let origin = public.origin.as_str().strip_suffix('/')?;
                let is_ours = public.origin.host_str() == Some(host);
                let path = below(below(path, &public.base_path), WELL_KNOWN);
                (is_ours || self.is_proxy(caller.address))
                    .then(|| [origin, path, query].concat())?
            }
        })
    }

    fn parsed_url(&self, head: &Parts, caller: Caller) -> Result<Url, HostError> {
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
    pub fn is_shared_peer(&self, peer: IpAddr) -> bool {
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

/// A path without what it begins with, if the rest is one. The question whether a
/// request may continue is no visitor's, who ask below such a path, through the
/// proxies that ask that question themselves.
fn below<'path>(path: &'path str, base: &str) -> &'path str {
    path.strip_prefix(base)
        .filter(|below| below.starts_with('/') && *below != CLEARANCE_CHECK.path)
        .unwrap_or(path)
}

/// Whether a host is written as [`Url`] writes it: a name in lower case or an
/// address of IPv4, with no port or one that no scheme implies.
fn is_plain_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "8080"));
    let is_port = !matches!(port, "80" | "443")
        && !port.starts_with('0')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok();
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let mut labels = name.split('.');
    // A last label in digits makes it an address; `xn--` has rules of its own.
    let is_name =
        labels.next_back().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
            && name.split('.').all(|label| {
                !label.is_empty() && !label.starts_with("xn--") && label.bytes().all(is_letter)
            });
    is_port && name.len() <= 253 && (is_name || name.parse::<Ipv4Addr>().is_ok())
}

/// Whether [`Url`] leaves a path as it is.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(is_plain)
        && !path.as_bytes().windows(2).any(|two| two == b"/.")
        && !path.as_bytes().windows(3).any(|three| three.eq_ignore_ascii_case(b"%2e"))
}

/// Whether [`Url`] leaves a byte as it is in paths and in queries.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_'
                | b'~'
                | b'.'
                | b'/'
                | b'?'
                | b'%'
                | b'!'
                | b'$'
                | b'&'
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        )
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

/// In the words of a description.
const fn http_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "",
    }
}

/// All values of a header as one, as browsers read it. Those of cookies come each
/// by itself in HTTP/2 (RFC 9113, 8.2.3).
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let mut values = headers.get_all(name).iter().map(|value| {
        let bytes = value.as_bytes();
        str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
    });
    let mut text = values.next()?;
    let between = if name == "cookie" { "; " } else { ", " };
    for value in values {
        let text = text.to_mut();
        text.push_str(between);
        text.push_str(&value);
    }
    Some(text)
}

impl Request {
    /// The headers, as they were sent.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The site of which it showed a secret, if it did.
    pub fn shown(&self) -> Option<Holder> {
        self.shown.get().copied()
    }
}

impl Source for Request {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn location(&self) -> Location {
        let Lookup { country, system } = self.networks.lookup(self.client);
        Location {
            address: Address::of(self.client),
            country: country.map_or(Country::UNKNOWN, Country::parse),
            asn: system.unwrap_or_default(),
            listed: Listings::NONE,
        }
    }

    fn connection(&self) -> Connection<'_> {
        self.connection
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        text(&self.headers, name)
    }

    fn platform_id(&self) -> Option<String> {
        None
    }

    fn is_operators(&self) -> bool {
        self.is_operators
    }

    fn showed_secret_of(&self, sitekey: &Sitekey) {
        self.shown.get_or_init(|| Holder::of(sitekey));
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
mod tests;
