//! Which route is answered where: the console's pages, the API, and what every
//! origin answers (`munjigi_app::http`).

mod home;
mod version;
mod viewer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use munjigi_app::http::{finished, unknown_path};
use munjigi_app::{App, ConsoleApp};
use munjigi_protocol::routes;

/// Every page, with that of the API, which the console knows nothing of.
pub(crate) fn pages(app: &ConsoleApp) -> munjigi_console::Pages {
    munjigi_console::pages(app).get("/api", munjigi_console::Access::Anyone, viewer::show)
}

/// Every other route.
pub fn router(app: ConsoleApp) -> Router {
    let routes = pages(&app)
        .into_router()
        .merge(munjigi_api::router(&app))
        .route(routes::VERSION.path, get(version::handler))
        .fallback(munjigi_console::nowhere);
    finished(routes.with_state(app.clone()), app.app)
}

/// Those of an origin without a console.
pub fn router_without_console(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/", get(home::handler))
        .route(routes::VERSION.path, get(version::handler))
        .merge(munjigi_api::public_router())
        .fallback(unknown_path);
    finished(routes, app)
}
