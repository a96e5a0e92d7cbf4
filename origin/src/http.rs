//! The origin's HTTP: which route is answered where, and what every answer
//! carries. One file per endpoint; what endpoints share is `answer` (refusals
//! and headers), `signed` (calls of the edge), `admission`, and `invite` (of
//! page and API).

mod answer;
mod counts;
mod events;
mod health;
mod home;
mod intake;
mod metrics;
mod version;
mod viewer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use munjigi_app::{App, ConsoleApp, Refused};
use munjigi_protocol::{Code, routes};

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

async fn unknown_path() -> Refused {
    Refused::new(Code::NotFound, "unknown path")
}

async fn another_method() -> Refused {
    Refused::new(Code::MethodNotAllowed, "the path does not support this method")
}

/// Every page, with that of the API, which the console knows nothing of.
pub(crate) fn pages(app: &ConsoleApp) -> munjigi_console::Pages {
    munjigi_console::pages(app).get("/api", munjigi_console::Access::Anyone, viewer::show)
}

/// Every other route.
pub fn router(app: ConsoleApp) -> Router {
    let routes = pages(&app)
        .into_router()
        .merge(munjigi_api::router(&app))
        .fallback(munjigi_console::nowhere);
    finished(routes.with_state(app.clone()), app.app)
}

/// Those of an origin without a console.
pub fn router_without_console(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/", get(home::handler))
        .merge(munjigi_api::public_router())
        .fallback(unknown_path);
    finished(routes, app)
}

/// With the routes of every origin.
fn finished(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .route("/health/live", get(health::live))
        .route("/health/serving", get(health::serving))
        .route(routes::VERSION.path, get(version::handler))
        .route(routes::EVENTS.path, post(events::handler))
        .route(routes::COUNTS.path, post(counts::handler))
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), answer::finish))
        .with_state(app)
}
