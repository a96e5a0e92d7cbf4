//! `/health/live`: the process responds. `/health/ready`: the state of each
//! dependency. Ready means that intake works: the database is reachable and its
//! schema is ours. An edge that does not respond is reported as degraded, not
//! as unready: taking every origin out of service would fix nothing, and would
//! refuse the events of those edges that do reach us. A gpu-backend that is
//! down blocks nothing while the pools last; nor does a mail server that
//! accepts no emails, because they are queued; nor does Redis, because Postgres
//! takes over.

use std::sync::Arc;

use crate::{App, health};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use munjigi_protocol::Status;

pub async fn live() -> &'static str {
    "ok\n"
}

/// Whether a proxy should send requests here: not before the schema is applied,
/// nor once this process is about to stop.
pub async fn serving(State(app): State<Arc<App>>) -> Response {
    if app.readiness.serves() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], "not now\n").into_response()
}

/// Every dependency, and 503 if one of them blocks intake.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let health = health::checks(&app).await;
    if health.status != Status::Down {
        return Json(health).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], Json(health)).into_response()
}
