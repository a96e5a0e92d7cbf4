//! The routes of every origin, and what every answer carries. One file per
//! endpoint; what endpoints share is `answer` (refusals and headers) and `intake`
//! (bounds of what the edge reports).

mod answer;
mod counts;
mod events;
mod health;
mod intake;
mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use munjigi_protocol::{Code, routes};

use crate::{App, Refused};

pub use metrics::describe as describe_metrics;

/// What operators look at. It tells what runs where and how it is, and each
/// look asks every part: it is not for everybody.
pub fn operators(app: Arc<App>) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/serving", get(health::serving))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::handler))
        .fallback(unknown_path)
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), answer::finish))
        .with_state(app)
}

/// These routes and those of every origin: health, and the edge's reports.
pub fn finished(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .route("/health/live", get(health::live))
        .route("/health/serving", get(health::serving))
        .route(routes::EVENTS.path, post(events::handler))
        .route(routes::COUNTS.path, post(counts::handler))
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), answer::finish))
        .with_state(app)
}

/// The answer to a path that no route has.
pub async fn unknown_path() -> Refused {
    Refused::new(Code::NotFound, "unknown path")
}

async fn another_method() -> Refused {
    Refused::new(Code::MethodNotAllowed, "the path does not support this method")
}
