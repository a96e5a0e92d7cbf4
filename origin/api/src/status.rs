//! `GET /api/v1/status`: the status of each component and since when. Always
//! 200, because the status is the answer. `/status` shows the same to people.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Serialize;
use utoipa::ToSchema;

use munjigi_app::App;
use munjigi_app::components::{self, Component, ComponentState, Sighting};

/// Status of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceStatus {
    /// `ok`; `degraded`: visitors are served, a component is degraded; `down`:
    /// visitors are not served; `starting`: the answering process started less
    /// than thirty seconds ago and does not know yet.
    pub status: ComponentState,
    /// Time of the last check, RFC 3339.
    pub checked_at: String,
    /// The components of this service.
    pub parts: Vec<PartStatus>,
}

/// Status of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartStatus {
    /// `postgres`, `edge`, `mail`, `cache` or `gpu-backend`.
    pub name: &'static str,
    /// Its status. `starting`: it has not been healthy since the answering
    /// process started, which was less than thirty seconds ago.
    pub status: ComponentState,
    /// Start of this status, RFC 3339, as far as the answering process knows:
    /// never before its own start.
    pub since: String,
}

impl From<&Sighting> for ServiceStatus {
    fn from(sighting: &Sighting) -> Self {
        Self {
            status: sighting.status(),
            checked_at: sighting.at.rfc3339(),
            parts: sighting.components.iter().map(PartStatus::from).collect(),
        }
    }
}

impl From<&Component> for PartStatus {
    fn from(part: &Component) -> Self {
        let Component { name, status, since } = *part;
        Self { name: name.as_str(), status, since: since.rfc3339() }
    }
}

pub async fn handler(
    State(app): State<Arc<App>>,
) -> ([(HeaderName, String); 1], Json<ServiceStatus>) {
    let sighting = components::seen(&app).await;
    let cached = format!("public, max-age={}", sighting.holds().as_secs());
    ([(header::CACHE_CONTROL, cached)], Json(ServiceStatus::from(&*sighting)))
}
