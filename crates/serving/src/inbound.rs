//! A request as endpoints read it: headers, body under a cap, address. What the
//! parts mean is decided by the rules.

use std::borrow::Cow;
use std::ops::Range;

use munjigi_captcha::{
    Address, AgentKind, Country, HttpVersion, Listings, Place, Stack, TlsVersion, Visit,
};
use munjigi_protocol::{Code, Route};
use serde::de::DeserializeOwned;

use crate::answer::Answer;

/// On a developer's machine there is no proxy in front of us.
const LOCAL_ADDRESS: &str = "127.0.0.1";

/// The parts of a request that its description does not contain.
#[expect(async_fn_in_trait, reason = "a future over a request is Send where the request is Sync")]
pub trait Source {
    /// A header by its case-insensitive name; `None` if it was not sent.
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;

    /// The platform's own id of the request, by which an operator finds it
    /// there.
    fn platform_id(&self) -> Option<String>;

    /// The body, unless it is longer than `cap` bytes. `stated` is the length
    /// that the client stated. Called at most once.
    async fn read(&self, stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError>;
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than its cap.
    TooLarge,
    /// The client disconnected.
    Broken,
}

/// One request.
///
/// The platform describes it in one text, because on some platforms each value
/// that is passed separately costs as much as reading it does: a line each for
/// method, URL, `Content-Type`, `Content-Length`, `Sec-Fetch-Site`, the
/// client's address, `User-Agent`, `Sec-CH-UA`, country, number of the
/// autonomous system, HTTP version, TLS version, further headers that depend on
/// the client's software alone, and digests of its TLS handshake, empty if
/// unknown. The body may follow after an empty line; otherwise it is read from
/// the source.
pub struct Inbound<S> {
    source: S,
    text: Text,
    /// In the URL.
    path: Range<usize>,
}

/// The text of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Lines in the order of [`Line`].
    lines: String,
    ends: [usize; LINES],
}

/// A request in the parts of its description, for platforms that make it here;
/// `entry.js` of the Worker writes the same lines. No value can contain a line
/// break: none of HTTP's can.
#[derive(Debug, Clone, Copy, Default)]
pub struct Description<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// The whole URL, normalised as browsers do it.
    pub url: &'a str,
    /// `Content-Type`.
    pub content_type: &'a str,
    /// `Content-Length`.
    pub content_length: &'a str,
    /// `Sec-Fetch-Site`.
    pub sec_fetch_site: &'a str,
    /// The client's address.
    pub address: &'a str,
    /// `User-Agent`.
    pub user_agent: &'a str,
    /// `Sec-CH-UA`.
    pub client_hints: &'a str,
    /// The address's country, ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// The number of its autonomous system.
    pub asn: &'a str,
    /// The version of HTTP between client and edge.
    pub http: &'a str,
    /// The version of TLS between them.
    pub tls: &'a str,
    /// The values of [`SOFTWARE_HEADERS`], with a space between each two.
    pub software: &'a str,
    /// Digests of the TLS handshake.
    pub handshake: &'a str,
}

/// Beside the user agent, what depends on a client's software and on nothing
/// that is a person's.
pub const SOFTWARE_HEADERS: [&str; 4] =
    ["sec-ch-ua-platform", "sec-ch-ua-mobile", "accept", "priority"];

impl Description<'_> {
    /// The text for [`Inbound::new`].
    pub fn text(&self) -> Text {
        let each = self.lines();
        let length = each.iter().map(|line| line.len() + 1).sum();
        let (mut lines, mut ends) = (String::with_capacity(length), [0; LINES]);
        for (end, line) in ends.iter_mut().zip(each) {
            lines.push_str(line);
            *end = lines.len();
            lines.push('\n');
        }
        Text { lines, ends }
    }

    /// In the order of [`Line`].
    const fn lines(&self) -> [&str; LINES] {
        [
            self.method,
            self.url,
            self.content_type,
            self.content_length,
            self.sec_fetch_site,
            self.address,
            self.user_agent,
            self.client_hints,
            self.country,
            self.asn,
            self.http,
            self.tls,
            self.software,
            self.handshake,
        ]
    }
}

/// A line of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Method,
    Url,
    ContentType,
    ContentLength,
    SecFetchSite,
    Address,
    UserAgent,
    ClientHints,
    Country,
    Asn,
    Http,
    Tls,
    Software,
    Handshake,
}

const LINES: usize = Line::Handshake as usize + 1;

/// The parts of a URL. The platform has normalised it, so nothing is parsed
/// twice; the `url` crate would double the worker's size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url<'a> {
    text: &'a str,
    path: Range<usize>,
}

impl<S: Source> Inbound<S> {
    /// A request from its description.
    pub fn new(source: S, description: impl Into<Text>) -> Self {
        let text = description.into();
        let path = path_in(text.line(Line::Url));
        Self { source, text, path }
    }

    /// HTTP method.
    pub fn method(&self) -> &str {
        self.line(Line::Method)
    }

    /// Path, query and host.
    pub fn url(&self) -> Url<'_> {
        Url { text: self.line(Line::Url), path: self.path.clone() }
    }

    /// The content type, empty if none was sent.
    pub fn content_type(&self) -> &str {
        self.line(Line::ContentType)
    }

    /// The visitor as the policy sees one. In production only the platform can
    /// set the address.
    pub fn visit(&self) -> Visit {
        let (agent, hints) = (self.line(Line::UserAgent), self.line(Line::ClientHints));
        let (http, tls) = (self.line(Line::Http), self.line(Line::Tls));
        let software = [hints, self.line(Line::Software), http, tls];
        let Place { address, country, asn, listed } = self.place();
        Visit {
            address,
            country,
            asn,
            http: HttpVersion::parse(http),
            tls: TlsVersion::parse(tls),
            agent: AgentKind::judge(Some(agent), Some(hints)),
            software: Stack::of_headers(agent, &software),
            handshake: Stack::of_handshake(self.line(Line::Handshake)),
            listed,
        }
    }

    /// Where the visitor is, which is all that some endpoints ask.
    pub fn place(&self) -> Place {
        let address = match self.line(Line::Address) {
            // On a developer's machine there may be no proxy in front of us.
            "" => LOCAL_ADDRESS,
            address => address,
        };
        Place {
            // Invalid addresses are one address, so that they cannot be used
            // to have many.
            address: Address::parse(address).unwrap_or(Address::V4([0; 4])),
            country: Country::parse(self.line(Line::Country)),
            asn: self.line(Line::Asn).parse().unwrap_or_default(),
            listed: Listings::NONE,
        }
    }

    /// What the client calls itself, empty if it does not.
    pub fn user_agent(&self) -> &str {
        self.line(Line::UserAgent)
    }

    /// A header that few endpoints read.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.source.header(name)
    }

    /// The platform's own id of the request.
    pub fn platform_id(&self) -> Option<String> {
        self.source.platform_id()
    }

    /// The body under the route's cap, as sent.
    pub async fn bytes(&self, route: Route) -> Result<Vec<u8>, Answer> {
        let stated = self.line(Line::ContentLength).parse().ok();
        let body = self.source.read(stated, route.max_body_bytes).await;
        body.map_err(|error| refuse(error, route))
    }

    /// The body of a POST under the route's cap.
    pub async fn text(&self, route: Route) -> Result<Cow<'_, str>, Answer> {
        let body = match self.text.rest().strip_prefix("\n\n") {
            Some(body) if body.len() > route.max_body_bytes => {
                return Err(refuse(BodyError::TooLarge, route));
            }
            Some(body) => Cow::Borrowed(body),
            None => Cow::Owned(String::from_utf8_lossy(&self.bytes(route).await?).into_owned()),
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
        if !matches!(self.line(Line::SecFetchSite), "" | "same-origin") {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "only the widget's frame can call this route (Sec-Fetch-Site)",
            ));
        }
        if !is_json(self.content_type()) {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "the content type must be application/json",
            ));
        }
        object(self.text(route).await?.as_bytes())
    }

    fn line(&self, which: Line) -> &str {
        self.text.line(which)
    }
}

impl From<String> for Text {
    fn from(lines: String) -> Self {
        let mut ends = [lines.len(); LINES];
        for (end, (at, _)) in ends.iter_mut().zip(lines.match_indices('\n')) {
            *end = at;
        }
        Self { lines, ends }
    }
}

impl Text {
    fn line(&self, which: Line) -> &str {
        let which = which as usize;
        let before = which.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |end| end + 1);
        let end = self.ends.get(which).copied().unwrap_or_default();
        self.lines.get(start..end).unwrap_or_default()
    }

    /// What follows the last line.
    fn rest(&self) -> &str {
        let start = self.ends.last().copied().unwrap_or_default();
        self.lines.get(start..).unwrap_or_default()
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

/// The path of a whole URL.
pub fn path_of(url: &str) -> &str {
    url.get(path_in(url)).unwrap_or_default()
}

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
    fn a_description_falls_into_lines() {
        let description =
            "POST\nhttps://a.example/\n\n2\n\n192.0.2.1\nagent\n\nKR\n7\n\nTLSv1.3\n\n9f 2c\n\n{}";
        let text = Text::from(description.to_owned());
        let line = |which| text.line(which);
        assert_eq!(line(Line::Method), "POST");
        assert_eq!(line(Line::ContentType), "");
        assert_eq!(line(Line::ContentLength), "2");
        assert_eq!(line(Line::Address), "192.0.2.1");
        assert_eq!(line(Line::Asn), "7");
        assert_eq!(line(Line::Tls), "TLSv1.3");
        assert_eq!(line(Line::Software), "");
        assert_eq!(line(Line::Handshake), "9f 2c");
        assert_eq!(text.rest(), "\n\n{}");
    }

    /// Software is known by what both shells say of it: where they drift apart,
    /// people's browsers are new on one of them.
    #[test]
    fn the_workers_entry_describes_a_request_in_the_same_lines() {
        let entry = include_str!("../../../edge/src/entry.js");
        let (_, rest) = entry.split_once("const lines = `").unwrap();
        let (lines, _) = rest.split_once("`;").unwrap();
        let lines: Vec<&str> = lines.lines().collect();
        let wanted = Description {
            method: "${method}",
            url: "${url}",
            content_type: "${header(\"content-type\")}",
            content_length: "${length}",
            sec_fetch_site: "${header(\"sec-fetch-site\")}",
            address: "${header(\"cf-connecting-ip\")}",
            user_agent: "${header(\"user-agent\")}",
            client_hints: "${header(\"sec-ch-ua\")}",
            country: "${country}",
            asn: "${asn}",
            http: "${httpProtocol}",
            tls: "${tlsVersion}",
            software: "${software}",
            handshake: "${handshake}",
        };
        assert_eq!(lines, wanted.lines());
        let named = format!("const SOFTWARE_HEADERS = {SOFTWARE_HEADERS:?};");
        assert!(entry.contains(&named), "{named}");
        assert!(entry.contains("SOFTWARE_HEADERS.map(header).join(\" \")"));
        assert!(entry.contains("const length = header(\"content-length\");"));
    }

    struct Nothing;
    impl Source for Nothing {
        fn header(&self, _: &str) -> Option<Cow<'_, str>> {
            None
        }
        fn platform_id(&self) -> Option<String> {
            None
        }
        async fn read(&self, _: Option<usize>, _: usize) -> Result<Vec<u8>, BodyError> {
            Err(BodyError::Broken)
        }
    }

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let description =
            Description { url: "https://a.example/b", tls: "x", ..Default::default() };
        let inbound = Inbound::new(Nothing, description.text());
        assert_eq!((inbound.url().path(), inbound.line(Line::Tls)), ("/b", "x"));
        assert_eq!(inbound.line(Line::Handshake), "");
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
