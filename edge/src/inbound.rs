//! A request as endpoints read it: headers, body under a cap, address. What
//! the parts mean is decided by the rules.

use munjigi_protocol::{Code, Route};
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;

use crate::answer::Answer;
use crate::glue::{self, BodyError};

/// Locally nobody stands between a client and us.
const LOCAL_ADDRESS: &str = "127.0.0.1";

/// One request.
pub struct Inbound {
    request: web_sys::Request,
    method: String,
    url: Url,
    content_type: String,
    content_length: Option<usize>,
}

/// What tells visitors apart. Everything may be empty, as most of it is
/// locally.
pub struct Visitor {
    sec_fetch_site: String,
    /// The address, which only the platform sets in production.
    pub address: String,
    /// `User-Agent`
    pub user_agent: String,
    /// `Sec-CH-UA`
    pub client_hints: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
    /// Such as `HTTP/2`.
    pub http: String,
    /// Such as `TLSv1.3`.
    pub tls: String,
}

/// A URL in parts. The platform has normalised it, so nothing is parsed
/// twice; the `url` crate would double the worker's size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    path: usize,
    query: usize,
}

impl Inbound {
    /// Takes the platform's request.
    pub fn new(request: web_sys::Request) -> Result<Self, JsValue> {
        let text = glue::describe(&request)?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        Ok(Self {
            method: line().to_owned(),
            url: Url::new(line().to_owned()),
            content_type: line().to_owned(),
            content_length: line().parse().ok(),
            request,
        })
    }

    /// HTTP method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path, query and host.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The content type, empty where none was sent.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Who sent it.
    pub fn visitor(&self) -> Visitor {
        let text = glue::visitor(&self.request).unwrap_or_default();
        let mut lines = text.split('\n').map(str::to_owned);
        let mut line = || lines.next().unwrap_or_default();
        Visitor {
            sec_fetch_site: line(),
            // Locally nobody may stand between a client and us.
            address: Some(line()).filter(|text| !text.is_empty()).unwrap_or(LOCAL_ADDRESS.into()),
            user_agent: line(),
            client_hints: line(),
            country: line(),
            asn: line().parse().unwrap_or_default(),
            http: line(),
            tls: line(),
        }
    }

    /// A header that few endpoints read.
    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).ok().flatten()
    }

    /// The body under the route's cap.
    pub async fn body(&self, route: Route) -> Result<Vec<u8>, Answer> {
        let cap = route.max_body_bytes;
        let body = glue::body(&self.request, self.content_length, cap).await;
        body.map_err(|error| refuse(error, cap))
    }

    /// A JSON body of the frame, as its type: same-origin where the browser
    /// says, and `application/json`, which a form of another site cannot send.
    pub async fn frame_json<T: DeserializeOwned>(
        &self,
        visitor: &Visitor,
        route: Route,
    ) -> Result<T, Answer> {
        if !matches!(visitor.sec_fetch_site.as_str(), "" | "same-origin") {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "only the widget's frame may call this route (Sec-Fetch-Site)",
            ));
        }
        if !is_json(&self.content_type) {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "the content type must be application/json",
            ));
        }
        let cap = route.max_body_bytes;
        let body = glue::text(&self.request, self.content_length, cap).await;
        object(body.map_err(|error| refuse(error, cap))?.as_bytes())
    }
}

fn refuse(error: BodyError, cap: usize) -> Answer {
    match error {
        BodyError::TooLarge => {
            let detail = format!("this route takes at most {cap} bytes");
            Answer::problem(Code::PayloadTooLarge, detail)
        }
        BodyError::Broken => Answer::problem(Code::MalformedRequest, "the body ended early"),
    }
}

/// Reads a JSON object as its type. The parser would also take an array of
/// the fields in their order, which is nobody's protocol. Its words name a
/// field and a place, nothing of ours.
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

impl Url {
    fn new(text: String) -> Self {
        let host = text.find("://").map_or(0, |at| at + 3);
        let tail = text.get(host..).unwrap_or_default();
        let path = host + tail.find('/').unwrap_or(tail.len());
        let tail = text.get(path..).unwrap_or_default();
        let query = path + tail.find(['?', '#']).unwrap_or(tail.len());
        Self { text, path, query }
    }

    /// Scheme and host: `https://captcha.example`.
    pub fn base(&self) -> &str {
        self.text.get(..self.path).unwrap_or_default()
    }

    /// `/v1/challenges`
    pub fn path(&self) -> &str {
        self.text.get(self.path..self.query).unwrap_or_default()
    }

    /// What stands after the question mark, empty where there is none.
    pub fn query(&self) -> &str {
        let tail = self.text.get(self.query..).unwrap_or_default();
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
            let url = Url::new(text.into());
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
