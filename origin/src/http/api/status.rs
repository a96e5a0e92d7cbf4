//! `GET /api/v1/status`: how the parts are and since when. Always 200: the
//! answer is the status, not whether there is one. `/status` shows the same
//! to people.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use munjigi_protocol::Status;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::parts::{self, Part, Sighting};

/// How the service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceStatus {
    /// `ok`; `degraded`: visitors are served, a part is not well; `down`:
    /// visitors are not served.
    pub status: Status,
    /// When the parts were looked at, RFC 3339.
    pub checked_at: String,
    /// Each part that this service has.
    pub parts: Vec<PartStatus>,
}

/// How a part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartStatus {
    /// `postgres`, `edge`, `mail` or `gpu-backend`.
    pub name: &'static str,
    /// How it is.
    pub status: Status,
    /// Since when it is so, RFC 3339, as far as the answering process knows:
    /// not before its own start.
    pub since: String,
}

impl From<&Sighting> for ServiceStatus {
    fn from(sighting: &Sighting) -> Self {
        Self {
            status: sighting.status(),
            checked_at: sighting.at.rfc3339(),
            parts: sighting.parts.iter().map(PartStatus::from).collect(),
        }
    }
}

impl From<&Part> for PartStatus {
    fn from(part: &Part) -> Self {
        let Part { name, status, since } = *part;
        Self { name: name.as_str(), status, since: since.rfc3339() }
    }
}

/// The endpoint.
pub async fn handler(
    State(app): State<Arc<App>>,
) -> ([(HeaderName, &'static str); 1], Json<ServiceStatus>) {
    let sighting = parts::seen(&app).await;
    ([(header::CACHE_CONTROL, "public, max-age=10")], Json(ServiceStatus::from(&*sighting)))
}
