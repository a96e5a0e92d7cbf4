//! What programs are told under `/api`.

mod info;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::App;

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/info", get(info::handler))
        .route("/api/v1/status", get(status::handler))
}
