//! What every answer carries: its request id, fixed headers, the problem
//! document of a refusal, and metrics. Each service defines its own refusals
//! and documents.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use munjigi_protocol::{PROBLEM_CONTENT_TYPE, headers};
use serde::Serialize;

use crate::metrics::InFlight;

#[derive(Debug)]
pub struct Exchange {
    /// The method as a label.
    pub method: &'static str,
    /// The route as a label.
    pub route: String,
    in_flight: InFlight,
}

/// What a log line says about an answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// The HTTP status that was sent.
    pub status: u16,
    /// From the request's arrival to its answer, in milliseconds.
    pub duration_ms: f64,
}

impl Exchange {
    /// Notes the request's labels and starts its stopwatch.
    pub fn begin(request: &Request) -> Self {
        let (method, route) = (method_label(request.method()), route_label(request));
        Self { method, route, in_flight: InFlight::begin() }
    }

    /// Adds the fixed headers that the answer does not set itself, and the
    /// request's id; then counts the answer.
    pub fn end(
        self,
        response: &mut Response,
        id: &str,
        fixed: &[(HeaderName, &'static str)],
    ) -> Answered {
        for (name, value) in fixed {
            response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        if let Ok(id) = HeaderValue::from_str(id) {
            response.headers_mut().insert(headers::REQUEST_ID, id);
        }
        let Self { method, route, in_flight } = self;
        let status = response.status().as_u16();
        let seconds = in_flight.answered(method, route, status);
        Answered { status, duration_ms: seconds * 1_000.0 }
    }
}

/// Turns an answer into a problem document.
///
/// # Panics
///
/// Panics if the problem is not plain data: if it has keys that are not text.
pub fn write_problem(response: &mut Response, problem: &impl Serialize, retry_after: Option<u64>) {
    let body = serde_json::to_vec(problem).expect("a problem is plain data");
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
}

/// A code in words: its own text with spaces.
pub fn title(code: &str) -> String {
    let mut words = code.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// The route as the router spells it: paths invented by clients must not become
/// labels.
fn route_label(request: &Request) -> String {
    let path = request.extensions().get::<MatchedPath>();
    path.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned())
}

/// A method as a label: those that clients invent must not become labels.
pub fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_id_and_the_fixed_headers() {
        let request = Request::get("/anything").body(Body::empty()).unwrap();
        let exchange = Exchange::begin(&request);
        assert_eq!((exchange.method, exchange.route.as_str()), ("GET", "unmatched"));
        let mut response = Response::default();
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("origin"));
        let fixed = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
        let answered = exchange.end(&mut response, "the-id", &fixed);
        assert_eq!(answered.status, 200);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[header::REFERRER_POLICY], "origin", "its own");
        assert_eq!(response.headers()[headers::REQUEST_ID], "the-id");
    }

    #[test]
    fn methods_invented_by_clients_are_not_labels() {
        let request = Request::builder().method("INVENT").body(Body::empty()).unwrap();
        assert_eq!(Exchange::begin(&request).method, "other");
    }

    #[test]
    fn a_problem_replaces_the_answer_and_says_when_to_retry() {
        let mut response = Response::default();
        response.headers_mut().insert(header::CONTENT_LENGTH, 1_000.into());
        write_problem(&mut response, &title("not-found"), Some(5));
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], PROBLEM_CONTENT_TYPE);
        assert_eq!(headers[header::RETRY_AFTER], "5");
        assert!(!headers.contains_key(header::CONTENT_LENGTH));
    }

    #[test]
    fn a_title_is_the_code_in_words() {
        assert_eq!(title("payload-too-large"), "Payload too large");
        assert_eq!(title(""), "");
    }
}
