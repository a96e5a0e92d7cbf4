//! What every answer carries: its request id, security headers, the problem
//! document of a refusal, a deadline, a metric and a log line.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use munjigi_protocol::{Code, PROBLEM_CONTENT_TYPE, Problem, headers};
use tracing::Instrument;

use super::{App, Refused};
use crate::clock::Stopwatch;

/// Below Postgres's statement timeout: a transaction that the deadline cuts
/// is rolled back, and its caller told so.
const DEADLINE: Duration = Duration::from_secs(30);

const FIXED: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
];

/// Wraps every request.
pub async fn finish(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = app.entropy.request_id();
    let method = method_label(&request);
    let route = route_label(&request);
    let span = tracing::info_span!("request", request_id = %id, method, route = %route);
    let stopwatch = Stopwatch::start();
    let answered = tokio::time::timeout(DEADLINE, next.run(request).instrument(span.clone())).await;
    let mut response = answered.unwrap_or_else(|_| {
        Refused::unavailable("the request took longer than its deadline").into_response()
    });
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        write_problem(&mut response, &app, &id, refused);
    }
    for (name, value) in FIXED {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(headers::REQUEST_ID, id);
    }
    observe(&response, method, route, stopwatch, &span);
    response
}

fn write_problem(response: &mut Response, app: &App, id: &str, refused: Refused) {
    let status = refused.status();
    let problem = Problem {
        type_uri: format!("{}errors/{}", app.edge.url(), refused.code),
        title: title(refused.code),
        status: status.as_u16(),
        code: refused.code,
        detail: refused.detail.into_owned(),
        request_id: id.to_owned(),
    };
    let body = serde_json::to_vec(&problem).expect("a problem is plain data");
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
    if let Some(seconds) = refused.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    metrics::counter!("munjigi_refusals_total", "code" => refused.code.as_str()).increment(1);
}

/// The code in words: its own, with spaces.
fn title(code: Code) -> String {
    let mut words = code.as_str().replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn observe(
    response: &Response,
    method: &'static str,
    route: String,
    stopwatch: Stopwatch,
    span: &tracing::Span,
) {
    let status = response.status().as_u16();
    let elapsed = stopwatch.elapsed();
    metrics::counter!(
        "munjigi_http_requests_total",
        "method" => method, "route" => route.clone(), "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!("munjigi_http_request_seconds", "method" => method, "route" => route)
        .record(elapsed.as_secs_f64());
    span.in_scope(|| {
        tracing::debug!(status, duration_ms = elapsed.as_secs_f64() * 1_000.0, "answered");
    });
}

/// The route as the router spells it: paths that clients invent must not
/// become labels.
fn route_label(request: &Request) -> String {
    let path = request.extensions().get::<MatchedPath>();
    path.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned())
}

fn method_label(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}
