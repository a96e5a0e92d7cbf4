//! `/health/live`: the process answers. `/health` and `/health/ready`: each of
//! its dependencies; ready is 503 while one of them is down.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use munjigi_protocol::{Health, HealthCheck, Status};

use super::App;
use crate::engine::choice::Wish;

/// The process answers.
#[utoipa::path(
    get,
    operation_id = "live",
    path = "/health/live",
    responses((status = 200, description = "The process is alive"))
)]
pub async fn live() -> &'static str {
    "ok\n"
}

/// Every part.
#[utoipa::path(
    get,
    operation_id = "health",
    path = "/health",
    responses((status = 200, description = "Status of each component", body = Health))
)]
pub async fn handler(State(app): State<Arc<App>>) -> Json<Health> {
    Json(health(&app))
}

/// Every part, and 503 when one of them keeps calls from being answered.
#[utoipa::path(
    get,
    operation_id = "ready",
    path = "/health/ready",
    responses(
        (status = 200, description = "Ready for calls", body = Health),
        (status = 503, description = "Not ready yet", body = Health)
    )
)]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let health = health(&app);
    if health.status != Status::Down {
        return Json(health).into_response();
    }
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(health)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn health(app: &App) -> Health {
    let checks = vec![engine(app), models(app)];
    let rank = |status| match status {
        Status::Ok => 0,
        Status::Degraded => 1,
        Status::Down => 2,
    };
    let worst = checks.iter().map(|check| check.status).max_by_key(|status| rank(*status));
    Health { status: worst.unwrap_or(Status::Ok), checks }
}

/// Never worse than degraded: the CPU engine is always available.
fn engine(app: &App) -> HealthCheck {
    let engines = app.device.engines();
    let missing = || {
        let is_wished = matches!(engines.wish, Wish::Gpu | Wish::Named(_));
        (engines.gpu.is_none() && is_wished).then(|| engines.reason.clone())
    };
    let why = engines.left().or_else(missing).or_else(|| broke(app));
    let status = if why.is_some() { Status::Degraded } else { Status::Ok };
    HealthCheck { name: "engine".to_owned(), status, detail: why.unwrap_or_default() }
}

/// The models that the GPU failed on.
fn broke(app: &App) -> Option<String> {
    let fleet = app.serving.fleet();
    let models = fleet.lines.values().flat_map(|line| line.versions.values());
    let places = models.filter_map(|model| {
        let place = model.places().find(|place| place.is_fault)?;
        Some(format!("{}: {}", model.label(), place.why))
    });
    let broke: Vec<String> = places.collect();
    (!broke.is_empty()).then(|| broke.join("; "))
}

/// Down until the folder was read once; degraded while something in it is
/// broken: the rest still answers.
fn models(app: &App) -> HealthCheck {
    let fleet = app.serving.fleet();
    let (status, detail) = match fleet.broken.as_slice() {
        _ if !fleet.is_loaded => (Status::Down, "the models are being loaded".to_owned()),
        [] => (Status::Ok, String::new()),
        broken => {
            let codes = broken.iter().map(|broken| format!("{}: {}", broken.place, broken.code));
            (Status::Degraded, codes.collect::<Vec<_>>().join("; "))
        }
    };
    HealthCheck { name: "models".to_owned(), status, detail }
}
