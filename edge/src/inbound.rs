//! A request as endpoints read it: headers, body under a cap, address. What
//! the parts mean is decided by the rules.

use js_sys::Reflect;
use munjigi_protocol::{Code, Route};
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::{JsCast, JsValue};

use crate::answer::Answer;
use crate::glue::{self, BodyError};

/// Locally nobody stands between a client and us.
const LOCAL_ADDRESS: &str = "127.0.0.1";

/// One request.
pub struct Inbound {
    request: web_sys::Request,
    headers: web_sys::Headers,
    /// HTTP method.
    pub method: String,
    url: Url,
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
    pub fn new(request: web_sys::Request) -> Self {
        let url = Url::new(request.url());
        Self { headers: request.headers(), method: request.method(), url, request }
    }

    /// Path, query and host.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    /// The visitor's address. Only the platform sets this header in
    /// production.
    pub fn address(&self) -> String {
        self.header("cf-connecting-ip").unwrap_or_else(|| LOCAL_ADDRESS.to_owned())
    }

    /// What the platform knows about the connection; nothing locally.
    pub fn connection(&self) -> Connection {
        let cf =
            Reflect::get(&self.request, &JsValue::from_str("cf")).ok().filter(|cf| cf.is_object());
        let text = |name: &str| property(cf.as_ref(), name).and_then(|value| value.as_string());
        Connection {
            country: text("country").unwrap_or_default(),
            http: text("httpProtocol").unwrap_or_default(),
            tls: text("tlsVersion").unwrap_or_default(),
            asn: property(cf.as_ref(), "asn").and_then(|value| value.as_f64()).map_or(0, asn),
        }
    }

    /// The body under the route's cap.
    pub async fn body(&self, route: Route) -> Result<Vec<u8>, Answer> {
        glue::body(self.request.unchecked_ref(), route.max_body_bytes).await.map_err(|error| {
            match error {
                BodyError::TooLarge => Answer::problem(
                    Code::PayloadTooLarge,
                    format!("this route takes at most {} bytes", route.max_body_bytes),
                ),
                BodyError::Broken => {
                    Answer::problem(Code::MalformedRequest, "the body ended early")
                }
            }
        })
    }

    /// A JSON body of the frame, as its type: same-origin where the browser says, and
    /// `application/json`, which a form of another site cannot send.
    pub async fn frame_json<T: DeserializeOwned>(&self, route: Route) -> Result<T, Answer> {
        let site = self.header("sec-fetch-site");
        if !matches!(site.as_deref(), None | Some("same-origin")) {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "only the widget's frame may call this route (Sec-Fetch-Site)",
            ));
        }
        if !is_json(self.header("content-type").as_deref().unwrap_or_default()) {
            return Err(Answer::problem(
                Code::MalformedRequest,
                "the content type must be application/json",
            ));
        }
        object(&self.body(route).await?)
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

/// What the platform knows about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// ISO 3166-1 alpha-2, empty where unknown.
    pub country: String,
    /// Such as `HTTP/2`.
    pub http: String,
    /// Such as `TLSv1.3`.
    pub tls: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}

fn property(cf: Option<&JsValue>, name: &str) -> Option<JsValue> {
    Reflect::get(cf?, &JsValue::from_str(name)).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates when cast, and an ASN is a 32-bit number"
)]
const fn asn(number: f64) -> u32 {
    number as u32
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

    #[test]
    fn an_asn_is_within_its_range() {
        assert_eq!(asn(64_500.0), 64_500);
        assert_eq!(asn(-1.0), 0);
        assert_eq!(asn(f64::NAN), 0);
    }
}
