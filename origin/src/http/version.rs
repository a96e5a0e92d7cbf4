//! `GET /version`: the running version.

use axum::Json;
use munjigi_protocol::Version;

pub async fn handler() -> Json<Version> {
    Json(Version {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: option_env!("MUNJIGI_BUILD").unwrap_or("unknown").to_owned(),
    })
}
