//! The answer of an endpoint, and the response that the platform makes from it.

use std::borrow::Cow;
use std::fmt;

use munjigi_captcha::Refusal;
use munjigi_protocol::{ClearanceWanted, Code, PROBLEM_CONTENT_TYPE, Problem};
use serde::Serialize;

/// Who may cache an answer, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheRule {
    /// No one: it concerns one visitor.
    NoStore,
    /// Anyone.
    Public {
        /// Lifetime in a cache.
        seconds: u32,
    },
    /// Only the visitor's browser.
    Private {
        /// Lifetime in the browser's cache.
        seconds: u32,
    },
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The code of a refusal, for the log.
    pub code: Option<&'static str>,
    content_type: &'static str,
    cache: CacheRule,
    content: Content,
    headers: Vec<(&'static str, Cow<'static, str>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// Nothing, or bytes that the platform passes separately.
    Apart,
    Text(String),
    /// A problem document, which needs the request's id and host.
    Problem {
        code: Code,
        detail: String,
        clearance: Option<Box<ClearanceWanted>>,
    },
}

/// A complete response, for the platform to write.
///
/// The platform also sends [`COMMON_HEADERS`]. A header of `headers` replaces
/// an earlier one with the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<B> {
    /// The endpoint, for metrics: its path without variable parts, or `none`.
    pub route: &'static str,
    /// HTTP status.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The header `Cache-Control`.
    pub cache_control: Cow<'static, str>,
    /// The header `Munjigi-Request-Id`, 11 characters of base64url.
    pub request_id: String,
    /// Further headers.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    pub body: Body<B>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<B> {
    /// No body.
    Empty,
    /// A body of UTF-8.
    Text(String),
    /// Bytes in the platform's own representation.
    Bytes(B),
}

/// Headers that every response carries besides its own.
pub const COMMON_HEADERS: [(&str, &str); 2] =
    [("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")];

impl Answer {
    /// A JSON document that must not be cached.
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self::text(200, "application/json", body, CacheRule::NoStore),
            // Our own types have string keys and finite numbers; if one ever
            // does not, the caller gets a refusal and not half an answer.
            Err(_) => Self::problem(Code::Unavailable, "the answer could not be written"),
        }
    }

    /// An HTML page.
    pub fn html(status: u16, body: String, cache: CacheRule) -> Self {
        Self::text(status, "text/html; charset=utf-8", body, cache)
    }

    /// An image, whose bytes the platform passes separately.
    pub const fn image(content_type: &'static str, cache: CacheRule) -> Self {
        Self::apart(200, content_type, cache)
    }

    /// Success without a body.
    pub const fn nothing() -> Self {
        Self::apart(204, "text/plain", CacheRule::NoStore)
    }

    /// A problem document with the status of its code.
    pub fn problem(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.http_status(),
            code: Some(code.as_str()),
            content_type: PROBLEM_CONTENT_TYPE,
            cache: CacheRule::NoStore,
            content: Content::Problem { code, detail: detail.into(), clearance: None },
            headers: Vec::new(),
        }
    }

    fn text(status: u16, content_type: &'static str, body: String, cache: CacheRule) -> Self {
        Self { content: Content::Text(body), ..Self::apart(status, content_type, cache) }
    }

    const fn apart(status: u16, content_type: &'static str, cache: CacheRule) -> Self {
        let content = Content::Apart;
        Self { status, code: None, content_type, cache, content, headers: Vec::new() }
    }

    /// Adds a header, or replaces one that every answer carries.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says in a problem how to earn clearance.
    #[must_use]
    pub fn with_clearance(mut self, wanted: ClearanceWanted) -> Self {
        if let Content::Problem { clearance, .. } = &mut self.content {
            *clearance = Some(Box::new(wanted));
        }
        self
    }

    /// Replaces the status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds `Retry-After` with these seconds.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        self.with_header("Retry-After", seconds.to_string())
    }

    /// Sets the code that the log names.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Builds the whole response. `bytes` are the body of an answer whose bytes
    /// are separate; `base` is where visitors reach the edge, for the links to
    /// the error pages.
    pub fn into_response<B>(
        self,
        bytes: Option<B>,
        request_id: String,
        base: fmt::Arguments<'_>,
    ) -> Response<B> {
        let body = match (self.content, bytes) {
            (Content::Apart, Some(bytes)) => Body::Bytes(bytes),
            (Content::Apart, None) => Body::Empty,
            (Content::Text(text), _) => Body::Text(text),
            (Content::Problem { code, detail, clearance }, _) => {
                let problem = Problem {
                    type_uri: format!("{base}/errors/{code}"),
                    title: code.title().to_owned(),
                    status: self.status,
                    code,
                    detail,
                    request_id: request_id.clone(),
                    clearance: clearance.map(|wanted| *wanted),
                };
                Body::Text(serde_json::to_string(&problem).unwrap_or_default())
            }
        };
        Response {
            route: "none",
            status: self.status,
            content_type: self.content_type,
            cache_control: self.cache.text(),
            request_id,
            headers: self.headers,
            body,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let answer = Self::problem(refusal.code, refusal.detail);
        match refusal.retry_after {
            Some(seconds) => answer.with_retry_after(seconds),
            None => answer,
        }
    }
}

impl CacheRule {
    fn text(self) -> Cow<'static, str> {
        match self {
            Self::NoStore => "no-store".into(),
            Self::Public { seconds } => format!("public, max-age={seconds}").into(),
            Self::Private { seconds } => format!("private, max-age={seconds}").into(),
        }
    }
}
