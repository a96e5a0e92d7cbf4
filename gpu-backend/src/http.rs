//! The service's HTTP routes. One file per endpoint; endpoints share `answer`
//! (refusals and headers), `call` (signed calls of the origin) and `bodies`
//! (memory).

mod answer;
mod bodies;
mod call;
mod code;
mod health;
mod inference;
mod judge;
mod metrics;
mod openapi;
mod predict;
mod refused;
mod render;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_keys::signature::AudienceKeys;
use munjigi_protocol::routes;

use crate::clock::Clock;
use crate::device::Device;
use crate::nonces::Nonces;
use crate::serving::Serving;
use crate::studio::Studio;

pub use bodies::Bodies;
pub use code::{Code, markdown as codes_markdown};
pub use inference::Darkroom;
pub use metrics::describe as describe_metrics;
pub use refused::Refused;

/// What the endpoints share.
pub struct App {
    pub clock: Clock,
    pub calls: AudienceKeys,
    /// Signatures that were used already.
    pub nonces: Nonces,
    /// Memory for request bodies.
    pub bodies: Bodies,
    pub studio: Studio,
    pub device: Arc<Device>,
    pub serving: Arc<Serving>,
    /// Memory for decoding images.
    pub darkroom: Darkroom,
    pub metrics: PrometheusHandle,
}

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::handler))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/version", get(version::handler))
        .route("/metrics", get(metrics::handler))
        .route("/openapi.json", get(openapi::handler))
        .route(routes::RENDER.path, post(render::handler))
        .route(routes::PREDICT.path, post(predict::handler))
        .fallback(async || Refused::new(Code::NotFound, Code::NotFound.meaning()))
        .method_not_allowed_fallback(async || {
            Refused::new(Code::MethodNotAllowed, Code::MethodNotAllowed.meaning())
        })
        .layer(middleware::from_fn(answer::finish))
        .with_state(app)
}
