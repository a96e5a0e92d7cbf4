//! `GET /version`: what runs here, and on what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use munjigi_protocol::{BrokenModel, GpuVersion, ServedModel, ServedSize};

use super::App;
use crate::engine::Engine;
use crate::loaded::{Loaded, Place};
use crate::serving::Broken;

/// The running version, on what, with which models.
#[utoipa::path(
    get,
    operation_id = "version",
    path = "/version",
    responses((status = 200, description = "The running version", body = GpuVersion))
)]
pub async fn handler(State(app): State<Arc<App>>) -> Json<GpuVersion> {
    let engines = app.device.engines();
    let fleet = app.serving.fleet();
    let left = engines.left();
    let gpu = engines.gpu.as_ref().filter(|_| left.is_none());
    let adapter = engines.adapter.as_ref().filter(|_| left.is_none());
    let all = gpu.map(|gpu| gpu as &dyn Engine).into_iter().chain([engines.cpu.as_ref()]);
    Json(GpuVersion {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: option_env!("MUNJIGI_BUILD").unwrap_or("unknown").to_owned(),
        adapter: adapter.map(crate::engine::adapter::Gpu::describe),
        engines: all.map(|engine| engine.describe().to_string()).collect(),
        reason: left.unwrap_or_else(|| engines.reason.clone()),
        is_loaded: fleet.is_loaded,
        models: fleet.lines.values().flat_map(|line| line.versions.values()).map(model).collect(),
        broken: fleet.broken.iter().map(broken).collect(),
    })
}

fn model(loaded: &Arc<Loaded>) -> ServedModel {
    let manifest = &loaded.manifest;
    let size = |Place { batch, kind, why, .. }: Place| ServedSize {
        batch: batch as u64,
        engine: kind.engine().to_owned(),
        verdict: why,
    };
    ServedModel {
        name: manifest.name.to_string(),
        version: manifest.version.to_string(),
        task: manifest.task.as_str().to_owned(),
        sha256: manifest.sha256.as_str().to_owned(),
        licence: manifest.licence.clone(),
        source: manifest.source.clone(),
        sizes: loaded.places().map(size).collect(),
    }
}

fn broken(broken: &Broken) -> BrokenModel {
    let Broken { place, code, what } = broken.clone();
    BrokenModel { place, code: code.to_owned(), what }
}
