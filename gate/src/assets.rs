//! The built widget, embedded, as the platform's static files: their headers
//! come from the same `_headers` as on Cloudflare.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

/// A file that `build.rs` has embedded.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its path, with the leading slash.
    pub path: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// The same, compressed by Brotli.
    pub brotli: &'static [u8],
}

const FILES: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/files.rs"));
const HEADERS: &str = include_str!(concat!(env!("OUT_DIR"), "/headers.txt"));

/// The frame's document is for the routes, which complete it.
const DOCUMENT: &str = "/_frame.html";

/// The static files by path.
#[derive(Debug)]
pub struct Assets(HashMap<&'static str, Asset>);

#[derive(Debug)]
struct Asset {
    file: Embedded,
    headers: HeaderMap,
    /// Those of its folder, which every answer about it has.
    of_rules: HeaderMap,
}

impl Assets {
    /// Those of this build; `None` if it has none.
    pub fn embedded() -> Option<Self> {
        (!FILES.is_empty()).then(|| Self::new(FILES, HEADERS))
    }

    /// Files with the rules of a `_headers` file.
    pub fn new(files: &[Embedded], rules: &str) -> Self {
        let rules = rules_of(rules);
        Self(files.iter().map(|file| (file.path, Asset::new(*file, &rules))).collect())
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    pub fn text(&self, path: &str) -> Option<String> {
        let asset = self.0.get(path)?;
        Some(String::from_utf8_lossy(asset.file.bytes).into_owned())
    }

    /// The answer to a request for a file; `None` if there is no such file.
    pub fn answer(&self, method: &str, path: &str, headers: &HeaderMap) -> Option<Response> {
        let asset = self.0.get(path).filter(|_| path != DOCUMENT)?;
        let mut response = Response::new(Body::empty());
        if !matches!(method, "GET" | "HEAD") {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            let allow = HeaderValue::from_static("GET, HEAD");
            *response.headers_mut() = asset.of_rules.clone();
            response.headers_mut().insert(header::ALLOW, allow);
            return Some(response);
        }
        *response.headers_mut() = asset.headers.clone();
        if is_unchanged(headers, asset.headers.get(header::ETAG)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
            return Some(response);
        }
        let mut bytes = asset.file.bytes;
        if accepts_brotli(headers) && asset.file.brotli.len() < bytes.len() {
            bytes = asset.file.brotli;
            let coding = HeaderValue::from_static("br");
            response.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        *response.body_mut() = Body::from(Bytes::from_static(bytes));
        Some(response)
    }
}

/// A rule of `_headers`: the start of a path, and what its files get.
type Rule<'text> = (&'text str, Vec<(HeaderName, HeaderValue)>);

fn rules_of(text: &str) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for line in text.lines() {
        match (line.trim_start() == line, line.trim().split_once(": "), rules.last_mut()) {
            (true, _, _) if !line.is_empty() => rules.push((line.trim_end_matches('*'), vec![])),
            (false, Some((name, value)), Some((_, headers))) => {
                headers.extend(name.parse().ok().zip(value.parse().ok()));
            }
            _ => {}
        }
    }
    rules
}

impl Asset {
    fn new(file: Embedded, rules: &[Rule<'_>]) -> Self {
        let mut of_rules = HeaderMap::new();
        for (_, of_rule) in rules.iter().filter(|(start, _)| file.path.starts_with(start)) {
            for (name, value) in of_rule {
                of_rules.insert(name.clone(), value.clone());
            }
        }
        let mut headers = HeaderMap::new();
        let kind = content_type(file.path).map(HeaderValue::from_static);
        headers.extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=0, must-revalidate"),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.extend(HeaderValue::from_str(&tag(file.bytes)).ok().map(|tag| (header::ETAG, tag)));
        for (name, value) in &of_rules {
            headers.insert(name.clone(), value.clone());
        }
        Self { file, headers, of_rules }
    }
}

/// Weak, since the compressed file has the same one.
fn tag(bytes: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// As the platform's tools say it, `None` where they say nothing.
fn content_type(path: &str) -> Option<&'static str> {
    let kind = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    Some(kind)
}

fn is_unchanged(headers: &HeaderMap, tag: Option<&HeaderValue>) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let Some(tag) = tag.and_then(|tag| tag.to_str().ok()).map(bare) else { return false };
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    known.flat_map(|line| line.split(',')).any(|known| bare(known) == tag || known.trim() == "*")
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |weight: &str| weight.strip_prefix("q=").is_some_and(is_zero);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br")) && !parts.any(refused)
    })
}

fn is_zero(weight: &str) -> bool {
    weight.parse().is_ok_and(|weight: f32| weight <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "/v1/*\n  Cache-Control: public, max-age=300\n  X-A: 1\n/assets/*\n  Cache-Control: immutable\n";

    fn assets() -> Assets {
        let long = Embedded { path: "/v1/api.js", bytes: b"long long long", brotli: b"short" };
        let short = Embedded { path: "/assets/a.css", bytes: b"a", brotli: b"not shorter" };
        let document = Embedded { path: DOCUMENT, bytes: b"<html>", brotli: b"" };
        Assets::new(&[long, short, document], RULES)
    }

    fn asked(path: &str, headers: &[(HeaderName, &str)]) -> Option<Response> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        assets().answer("GET", path, &map)
    }

    #[test]
    fn a_file_gets_its_type_and_the_headers_of_its_folder() {
        let response = asked("/v1/api.js", &[]).unwrap();
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=300");
        assert_eq!(
            (&headers["x-a"], headers.get("content-encoding")),
            (&"1".parse().unwrap(), None)
        );
        let response = asked("/assets/a.css", &[]).unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "immutable");
        assert!(!response.headers().contains_key("x-a"));
    }

    #[test]
    fn brotli_is_sent_to_those_who_read_it_where_it_is_shorter() {
        let coding = |path, accepts| {
            let response = asked(path, &[(header::ACCEPT_ENCODING, accepts)]).unwrap();
            response.headers().get(header::CONTENT_ENCODING).cloned()
        };
        assert_eq!(coding("/v1/api.js", "gzip, deflate, br").unwrap(), "br");
        assert_eq!(coding("/v1/api.js", "BR;q=0.5").unwrap(), "br");
        assert_eq!(coding("/v1/api.js", "br;q=0, gzip"), None);
        assert_eq!(coding("/v1/api.js", "gzip"), None);
        assert_eq!(coding("/assets/a.css", "br"), None);
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let tag = asked("/v1/api.js", &[]).unwrap().headers()[header::ETAG].clone();
        let tag = tag.to_str().unwrap();
        for known in [tag, tag.trim_start_matches("W/"), "*", &format!("\"x\", {tag}")] {
            let response = asked("/v1/api.js", &[(header::IF_NONE_MATCH, known)]).unwrap();
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(!response.headers().contains_key(header::CONTENT_TYPE));
        }
        let response = asked("/v1/api.js", &[(header::IF_NONE_MATCH, "\"x\"")]).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }

    #[test]
    fn what_is_no_file_is_left_to_the_routes() {
        assert!(asked("/v1/challenges", &[]).is_none());
        assert!(asked(DOCUMENT, &[]).is_none());
        assert_eq!(assets().text(DOCUMENT).as_deref(), Some("<html>"));
        let response = assets().answer("POST", "/v1/api.js", &HeaderMap::new()).unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["x-a"], "1");
        assert_eq!(response.headers()[header::ALLOW], "GET, HEAD");
    }
}
