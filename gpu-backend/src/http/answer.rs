//! What every answer carries: its request id, security headers, the problem
//! document of a refusal, a metric and a log line.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use munjigi_process::answer::{self, Answered, Exchange};
use munjigi_protocol::headers;
use serde::Serialize;
use tracing::Instrument;
use utoipa::{IntoResponses, ToSchema};

use super::Refused;
use crate::entropy;

const FIXED: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// A request's id: the caller's, so that one id connects both logs, or a new
/// one.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl RequestId {
    fn of(request: &Request) -> Self {
        let given = request.headers().get(headers::REQUEST_ID);
        let given = given.and_then(|value| value.to_str().ok()).filter(|text| is_id(text));
        Self(given.map_or_else(entropy::request_id, str::to_owned))
    }
}

/// Whether a text is safe in logs: 1 to 64 characters of base64's URL alphabet.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// A refusal as JSON (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:munjigi:error:<code>`.
    #[serde(rename = "type")]
    type_uri: String,
    /// The code in words, the same every time.
    title: String,
    /// HTTP status.
    status: u16,
    /// The stable code.
    code: &'static str,
    /// What in this request is wrong. No internals.
    detail: String,
    /// As in the header `Munjigi-Request-Id` and in the logs.
    request_id: String,
}

/// What a signed call may get instead of its answer.
#[derive(Debug, IntoResponses)]
#[expect(dead_code, reason = "written as `Problem`; spelt here for the document")]
pub enum Refusals {
    /// The request was refused. `code` says why
    #[response(status = "4XX", content_type = "application/problem+json")]
    Theirs(Problem),
    /// Ours; some are worth a retry
    #[response(status = "5XX", content_type = "application/problem+json")]
    Ours(Problem),
}

/// Wraps every request.
pub async fn finish(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    let exchange = Exchange::begin(&request);
    let (method, route) = (exchange.method, &exchange.route);
    let trace_id = trace_id(request.headers());
    // `call` fills in the caller of a signed call.
    let caller = tracing::field::Empty;
    let span = tracing::info_span!(
        "request", request_id = %id.0, method, route = %route, trace_id, caller
    );
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        span.in_scope(|| write_problem(&mut response, &id, refused));
    }
    let Answered { status, duration_ms } = exchange.end(&mut response, &id.0, &FIXED);
    span.in_scope(|| tracing::debug!(status, duration_ms, "answered"));
    response
}

/// The trace that a caller's request belongs to, by the header `traceparent`
/// (<https://www.w3.org/TR/trace-context/>): log lines of the origin have the same.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    (is_hex(version, 2) && is_hex(id, 32)).then(|| id.to_owned())
}

fn write_problem(response: &mut Response, id: &RequestId, refused: Refused) {
    let code = refused.code;
    tracing::debug!(code = code.as_str(), detail = %refused.detail, "refused");
    metrics::counter!("munjigi_gpu_refusals_total", "code" => code.as_str()).increment(1);
    let problem = Problem {
        type_uri: format!("urn:munjigi:error:{}", code.as_str()),
        title: answer::title(code.as_str()),
        status: code.status(),
        code: code.as_str(),
        detail: refused.detail.into_owned(),
        request_id: id.0.clone(),
    };
    answer::write_problem(response, &problem, refused.retry_after);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_the_callers_or_none() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (text, found) in [
            (format!("00-{id}-00f067aa0ba902b7-01"), Some(id)),
            (format!("00-{id}"), Some(id)),
            (format!("0-{id}-00f067aa0ba902b7-01"), None),
            ("00-4bf9-00f067aa0ba902b7-01".to_owned(), None),
            (format!("00-{}-00f067aa0ba902b7-01", "x".repeat(32)), None),
            (String::new(), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            assert_eq!(trace_id(&headers).as_deref(), found, "{text}");
        }
        assert_eq!(trace_id(&HeaderMap::new()), None);
    }
}
