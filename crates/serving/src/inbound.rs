//! A request as endpoints read it: headers, body under a cap, address. What the
//! parts mean is decided by the rules.

use std::borrow::Cow;
use std::ops::Range;

use munjigi_captcha::{AgentKind, HttpVersion, Location, Sitekey, Software, TlsVersion, Visit};
use munjigi_protocol::{Code, Route};
use serde::de::DeserializeOwned;

use crate::answer::Answer;

pub mod described;

/// A request as its platform has it.
#[expect(async_fn_in_trait, reason = "a future over a request is Send where the request is Sync")]
pub trait Source {
    /// HTTP method.
    fn method(&self) -> &str;

    /// The whole URL, normalised as browsers do it.
    fn url(&self) -> &str;

    /// Where the client is, in no list yet. In production only the platform can
    /// set the address.
    fn location(&self) -> Location;

    /// The connection between the client and the edge.
    fn connection(&self) -> Connection<'_>;

    /// A header by its name in lower case; `None` if it was not sent, and, on
    /// some platforms, if it is empty. Several of one name are one, as browsers
    /// read them.
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;

    /// The platform's own id of the request, by which an operator finds it
    /// there.
    fn platform_id(&self) -> Option<String>;

    /// Whether the operator sent it: a proxy of theirs, a program on this machine,
    /// or the platform itself. What it says of other requests is then true.
    fn is_operators(&self) -> bool;

    /// A secret of this site came with the request.
    fn showed_secret_of(&self, _sitekey: &Sitekey) {}

    /// The body, if it has already been read; of any length.
    fn body(&self) -> Option<&str> {
        None
    }

    /// The body, unless it is longer than `cap` bytes. `stated` is the length
    /// that the client stated. Called at most once, and not where there is
    /// [`Self::body`].
    async fn read(&self, stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError>;
}

/// What a connection says of the client's software, empty if unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection<'a> {
    /// The version of HTTP: `HTTP/2`.
    pub http: &'a str,
    /// The version of TLS: `TLSv1.3`.
    pub tls: &'a str,
    /// Digests of the TLS handshake.
    pub handshake: &'a str,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than its cap.
    TooLarge,
    Broken,
}

/// One request.
pub struct Inbound<S> {
    source: S,
    /// In the URL.
    path: Range<usize>,
}

/// Beside the user agent, what depends on a client's software and on nothing
/// that is a person's.
const SOFTWARE_HEADERS: [&str; 4] =
    ["sec-ch-ua-platform", "sec-ch-ua-mobile", "accept", "priority"];

/// The parts of a URL. The platform has normalised it, so nothing is parsed
/// twice; the `url` crate would double the worker's size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url<'a> {
    text: &'a str,
    path: Range<usize>,
}

impl<S: Source> Inbound<S> {
    pub fn new(source: S) -> Self {
        let path = path_in(source.url());
        Self { source, path }
    }

    /// The request as the platform has it.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// HTTP method.
    pub fn method(&self) -> &str {
        self.source.method()
    }

    /// Whether the operator sent it; see [`Source::is_operators`].
    pub fn is_operators(&self) -> bool {
        self.source.is_operators()
    }

    /// Path, query and host.
    pub fn url(&self) -> Url<'_> {
        Url { text: self.source.url(), path: self.path.clone() }
    }

    /// The content type, empty if none was sent.
    pub fn content_type(&self) -> Cow<'_, str> {
        self.header_or_empty("content-type")
    }

    /// The visitor as the policy sees one.
    pub fn visit(&self) -> Visit {
        let (agent, hints) = (self.user_agent(), self.header_or_empty("sec-ch-ua"));
        let Connection { http, tls, handshake } = self.source.connection();
        let mut software = String::new();
        for (place, name) in SOFTWARE_HEADERS.iter().enumerate() {
            if place > 0 {
                software.push(' ');
            }
            software.push_str(&self.header_or_empty(name));
        }
        let Location { address, country, asn, listed } = self.location();
        Visit {
            address,
            country,
            asn,
            http: HttpVersion::parse(http),
            tls: TlsVersion::parse(tls),
            agent: AgentKind::judge(Some(&agent), Some(&hints)),
            software: Software::of_headers(&agent, &[&hints, &software, http, tls]),
            handshake: Software::of_handshake(handshake),
            listed,
        }
    }

    /// Where the visitor is, which is all that some endpoints ask.
    pub fn location(&self) -> Location {
        self.source.location()
    }

    /// What the client calls itself, empty if it does not.
    pub fn user_agent(&self) -> Cow<'_, str> {
        self.header_or_empty("user-agent")
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.source.header(name)
    }

    fn header_or_empty(&self, name: &str) -> Cow<'_, str> {
        self.header(name).unwrap_or_default()
    }

    /// The platform's own id of the request.
    pub fn platform_id(&self) -> Option<String> {
        self.source.platform_id()
    }

    /// The body under the route's cap, as sent.
    pub async fn bytes(&self, route: Route) -> Result<Vec<u8>, Answer> {
        let stated = self.header("content-length").and_then(|length| length.parse().ok());
        let body = self.source.read(stated, route.max_body_bytes).await;
        body.map_err(|error| refuse(error, route))
    }

    /// The body of a POST under the route's cap.
    pub async fn text(&self, route: Route) -> Result<Cow<'_, str>, Answer> {
        let body = match self.source.body() {
            Some(body) if body.len() > route.max_body_bytes => {
                return Err(refuse(BodyError::TooLarge, route));
            }
            Some(body) => Cow::Borrowed(body),
            None => {
                let text = String::from_utf8_lossy(&self.bytes(route).await?).into_owned();
                // Where the platform reads a body as text, it drops a byte order mark.
                Cow::Owned(match text.strip_prefix('\u{feff}') {
                    Some(rest) => rest.to_owned(),
                    None => text,
                })
            }
        };
        // The platform replaces bytes that are not UTF-8 with this character,
        // and no one sends it.
        if body.contains('\u{fffd}') {
            return Err(Answer::problem(Code::MalformedRequest, "the body is not UTF-8"));
        }
        Ok(body)
    }

    /// A JSON body of the frame, as its type. Must be same-origin if the
    /// browser says so, and `application/json`, which a form of another site
    /// cannot send.
    pub async fn frame_json<T: DeserializeOwned>(&self, route: Route) -> Result<T, Answer> {
        if !matches!(&*self.header_or_empty("sec-fetch-site"), "" | "same-origin") {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "only the widget's frame can call this route (Sec-Fetch-Site)",
            ));
        }
        if !is_json(&self.content_type()) {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "the content type must be application/json",
            ));
        }
        object(self.text(route).await?.as_bytes())
    }
}

fn refuse(error: BodyError, route: Route) -> Answer {
    match error {
        BodyError::TooLarge => {
            let detail = format!("this route accepts at most {} bytes", route.max_body_bytes);
            Answer::problem(Code::PayloadTooLarge, detail)
        }
        BodyError::Broken => Answer::problem(Code::MalformedRequest, "the body ended early"),
    }
}

/// Parses a JSON object as its type. The parser would also accept an array of
/// the fields in their order, which no client should send. Its messages name a
/// field and a position, nothing internal.
pub fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Answer::problem(Code::MalformedRequest, "the body must be a JSON object"));
    }
    serde_json::from_slice(body)
        .map_err(|error| Answer::problem(Code::MalformedRequest, error.to_string()))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Where the path of a whole URL is.
fn path_in(url: &str) -> Range<usize> {
    let scheme =
        url.find(':').filter(|at| url.get(*at..).is_some_and(|rest| rest.starts_with("://")));
    let host = scheme.map_or(0, |at| at + 3);
    let tail = url.get(host..).unwrap_or_default();
    let path = host + tail.find('/').unwrap_or(tail.len());
    let tail = url.get(path..).unwrap_or_default();
    path..path + tail.find(['?', '#']).unwrap_or(tail.len())
}

impl<'a> Url<'a> {
    /// Scheme and host: `https://captcha.example`.
    pub fn base(&self) -> &'a str {
        self.text.get(..self.path.start).unwrap_or_default()
    }

    /// `/v1/challenges`
    pub fn path(&self) -> &'a str {
        self.text.get(self.path.clone()).unwrap_or_default()
    }

    /// The part after the question mark, empty if there is none.
    pub fn query(&self) -> &'a str {
        let tail = self.text.get(self.path.end..).unwrap_or_default();
        let tail = tail.strip_prefix('?').unwrap_or_default();
        tail.split('#').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_its_parts() {
        for (text, base, path, query) in [
            ("https://a.example/v1/x?b=1&c#d", "https://a.example", "/v1/x", "b=1&c"),
            ("http://127.0.0.1:8787/", "http://127.0.0.1:8787", "/", ""),
            ("https://a.example", "https://a.example", "", ""),
            ("https://a.example/p?", "https://a.example", "/p", ""),
            ("https://a.example/p#q?r", "https://a.example", "/p", ""),
            ("nonsense", "nonsense", "", ""),
            ("", "", "", ""),
        ] {
            let url = Url { text, path: path_in(text) };
            assert_eq!((url.base(), url.path(), url.query()), (base, path, query), "{text}");
        }
    }

    #[test]
    fn only_json_is_json() {
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; charset=utf-8"));
        assert!(!is_json("text/plain"));
        assert!(!is_json("application/jsonx"));
        assert!(!is_json(""));
    }
}
