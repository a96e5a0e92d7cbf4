//! What an endpoint answers, before it becomes a response of the platform.
//! The headers that every answer carries are put on here and in `glue.js`.

use munjigi_captcha::Refusal;
use munjigi_protocol::{Code, PROBLEM_CONTENT_TYPE, Problem};
use serde::Serialize;
use worker::wasm_bindgen::JsValue;

use crate::glue;

/// How long an answer may be kept, by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheRule {
    /// By nobody: it is about one visitor.
    NoStore,
    /// By anybody.
    Public {
        /// For so long.
        seconds: u32,
    },
    /// By the visitor's browser.
    Private {
        /// For so long.
        seconds: u32,
    },
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The code of a refusal, for the log.
    pub code: Option<&'static str>,
    content_type: &'static str,
    cache: CacheRule,
    body: Body,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Text(String),
    /// What Wasm never sees, or nothing.
    Bytes(JsValue),
    /// A problem document, which needs the request's id and host.
    Problem {
        code: Code,
        detail: String,
    },
}

/// What an answer takes from its request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'request> {
    /// The request's id.
    pub request_id: &'request str,
    /// Scheme and host of the request, for the links to the error pages.
    pub base: &'request str,
}

impl Answer {
    /// A JSON document that nobody keeps.
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self::text(200, "application/json", body, CacheRule::NoStore),
            // Our own types have string keys and finite numbers; should one
            // ever not, the caller gets a refusal and not half an answer.
            Err(_) => Self::problem(Code::Unavailable, "the answer could not be written"),
        }
    }

    /// A page.
    pub fn html(status: u16, body: String, cache: CacheRule) -> Self {
        Self::text(status, "text/html; charset=utf-8", body, cache)
    }

    /// An image, as bytes of the platform.
    pub fn image(content_type: &'static str, bytes: JsValue, cache: CacheRule) -> Self {
        Self { body: Body::Bytes(bytes), ..Self::text(200, content_type, String::new(), cache) }
    }

    /// That it is done, and no more.
    pub fn nothing() -> Self {
        let body = Body::Bytes(JsValue::NULL);
        let none = Self::text(204, "text/plain", String::new(), CacheRule::NoStore);
        Self { body, ..none }
    }

    /// A problem document with the status of its code.
    pub fn problem(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.http_status(),
            code: Some(code.as_str()),
            content_type: PROBLEM_CONTENT_TYPE,
            cache: CacheRule::NoStore,
            body: Body::Problem { code, detail: detail.into() },
            headers: Vec::new(),
        }
    }

    fn text(status: u16, content_type: &'static str, body: String, cache: CacheRule) -> Self {
        let body = Body::Text(body);
        Self { status, code: None, content_type, cache, body, headers: Vec::new() }
    }

    /// Another header, or another value for one that every answer carries.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// When to try again.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        self.with_header("Retry-After", seconds.to_string())
    }

    /// The code that the log names.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The platform's response: headers, an empty line and the body as one
    /// text, since every text that crosses to the platform costs more than
    /// joining it does.
    pub fn into_response(self, context: Context<'_>) -> Result<web_sys::Response, JsValue> {
        let mut text = String::with_capacity(512);
        for line in [self.content_type, &self.cache.text(), context.request_id] {
            text.push_str(line);
            text.push('\n');
        }
        for (name, value) in &self.headers {
            for part in [name, ":", value, "\n"] {
                text.push_str(part);
            }
        }
        text.push('\n');
        if let Body::Bytes(bytes) = &self.body {
            return glue::respond_bytes(self.status, &text, bytes);
        }
        self.body.write(&mut text, self.status, context);
        glue::respond(self.status, &text)
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

impl Body {
    fn write(self, text: &mut String, status: u16, context: Context<'_>) {
        match self {
            Self::Text(body) => text.push_str(&body),
            Self::Bytes(_) => {}
            Self::Problem { code, detail } => {
                let problem = Problem {
                    type_uri: format!("{}/errors/{code}", context.base),
                    title: code.title().to_owned(),
                    status,
                    code,
                    detail,
                    request_id: context.request_id.to_owned(),
                };
                text.push_str(&serde_json::to_string(&problem).unwrap_or_default());
            }
        }
    }
}

impl CacheRule {
    fn text(self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::NoStore => "no-store".into(),
            Self::Public { seconds } => format!("public, max-age={seconds}").into(),
            Self::Private { seconds } => format!("private, max-age={seconds}").into(),
        }
    }
}
