//! What every response gets: its request id, security headers, the problem
//! document of a refusal, a deadline, a metric and a log line.

use std::sync::Arc;
use std::time::Duration;

use crate::request_id::RequestId;
use crate::{App, Refused};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use munjigi_delivery::telemetry;
use munjigi_process::answer::{self, Answered, Exchange};
use munjigi_protocol::Problem;
use tracing::Instrument;
use tracing::field::Empty;

/// Shorter than Postgres's statement timeout: a transaction that the deadline
/// cuts off is rolled back, and its caller learns that.
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
pub async fn finish(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let (id, version) = (app.entropy.request_id(), request.version());
    request.extensions_mut().insert(RequestId(id.clone()));
    let exchange = Exchange::begin(&request);
    let (method, route) = (exchange.method, &exchange.route);
    let span = tracing::info_span!(
        "request", request_id = %id, method, route = %route,
        trace_id = Empty, otel.name = Empty, otel.kind = Empty,
    );
    telemetry::join(&span, request.headers(), &format!("{method} {route}"));
    let answered = tokio::time::timeout(DEADLINE, next.run(request).instrument(span.clone())).await;
    let mut response = answered.unwrap_or_else(|_| {
        Refused::unavailable("the request took longer than its deadline").into_response()
    });
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        write_problem(&mut response, &app, &id, refused);
    }
    let Answered { status, duration_ms } = exchange.end(&mut response, &id, &FIXED);
    if app.readiness.is_leaving() && version == Version::HTTP_11 {
        // Before it closes connections over which a request may be on its way.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    telemetry::answered(&span, status);
    span.in_scope(|| tracing::debug!(status, duration_ms, "answered"));
    response
}

fn write_problem(response: &mut Response, app: &App, id: &str, refused: Refused) {
    let problem = Problem {
        type_uri: format!("{}errors/{}", app.edge.url(), refused.code),
        title: answer::title(refused.code.as_str()),
        status: refused.status().as_u16(),
        code: refused.code,
        detail: refused.detail.into_owned(),
        request_id: id.to_owned(),
        clearance: None,
    };
    answer::write_problem(response, &problem, refused.retry_after.map(u64::from));
    metrics::counter!("munjigi_refusals_total", "code" => refused.code.as_str()).increment(1);
}
