//! Routes for operators and what watches over the process, on an address of
//! their own.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_serving::ports::Ledgers as _;

use crate::native::Native;

/// What they show.
#[derive(Clone)]
pub struct Operators {
    /// The platform.
    pub platform: Native,
    /// The recorded metrics.
    pub metrics: PrometheusHandle,
}

/// `/health/live`, `/health/ready`, `/metrics`.
pub fn router(operators: Operators) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(scrape))
        .with_state(operators)
}

/// Ready while the store answers: without it no token is accepted.
async fn ready(State(operators): State<Operators>) -> Response {
    match operators.platform.parts().store.backlog().await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not respond\n").into_response(),
    }
}

async fn scrape(State(operators): State<Operators>) -> impl IntoResponse {
    if let Ok(waiting) = operators.platform.parts().store.backlog().await {
        metrics::gauge!("munjigi_edge_events_waiting").set(f64::from(waiting));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], operators.metrics.render())
}

/// Says what each metric is.
pub fn describe_metrics() {
    metrics::describe_counter!("munjigi_edge_requests_total", "Requests by route and status");
    metrics::describe_histogram!(
        "munjigi_edge_request_seconds",
        metrics::Unit::Seconds,
        "Duration of requests by route"
    );
    metrics::describe_gauge!(
        "munjigi_edge_events_waiting",
        "Redeemed rows that wait for the origin"
    );
    metrics::describe_counter!(
        "munjigi_edge_events_lost_total",
        "Redeemed rows that no origin took in time"
    );
    metrics::describe_counter!(
        "munjigi_edge_client_unread_total",
        "Requests through a proxy that named no readable client, by reason"
    );
}
