//! `GET /version`: what runs here, and on what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::engine::Engine;
use crate::loaded::{Loaded, Place};
use crate::serving::Broken;

/// The running version.
#[derive(Debug, Serialize, ToSchema)]
pub struct Running {
    name: &'static str,
    version: &'static str,
    build: &'static str,
    /// The adapter that is used; absent on the CPU, and after it was left.
    adapter: Option<String>,
    /// What may compute models, the preferred one first.
    engines: Vec<String>,
    /// Why the engines are these.
    reason: String,
    /// The models in service.
    models: Vec<Model>,
    /// What in the folder of models cannot be used.
    broken: Vec<BrokenModel>,
}

/// A version of a model.
#[derive(Debug, Serialize, ToSchema)]
struct Model {
    name: String,
    version: String,
    task: &'static str,
    sha256: String,
    licence: String,
    source: String,
    /// By batch size.
    sizes: Vec<Size>,
}

/// Where a batch size is computed.
#[derive(Debug, Serialize, ToSchema)]
struct Size {
    batch: usize,
    engine: &'static str,
    /// Why there; what broke, where the GPU was left while serving.
    verdict: String,
}

/// What cannot be used.
#[derive(Debug, Serialize, ToSchema)]
struct BrokenModel {
    place: String,
    code: &'static str,
    what: String,
}

/// The running version, on what, with which models.
#[utoipa::path(
    get,
    operation_id = "version",
    path = "/version",
    responses((status = 200, description = "The running version", body = Running))
)]
pub async fn handler(State(app): State<Arc<App>>) -> Json<Running> {
    let engines = app.device.engines();
    let fleet = app.serving.fleet();
    let left = engines.left();
    let gpu = engines.gpu.as_ref().filter(|_| left.is_none());
    let adapter = engines.adapter.as_ref().filter(|_| left.is_none());
    let all = gpu.map(|gpu| gpu as &dyn Engine).into_iter().chain([engines.cpu.as_ref()]);
    Json(Running {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        build: option_env!("MUNJIGI_BUILD").unwrap_or("unknown"),
        adapter: adapter.map(crate::engine::adapter::Gpu::describe),
        engines: all.map(|engine| engine.describe().to_string()).collect(),
        reason: left.unwrap_or_else(|| engines.reason.clone()),
        models: fleet.lines.values().flat_map(|line| line.versions.values()).map(model).collect(),
        broken: fleet.broken.iter().map(broken).collect(),
    })
}

fn model(loaded: &Arc<Loaded>) -> Model {
    let manifest = &loaded.manifest;
    let size =
        |Place { batch, kind, why, .. }: Place| Size { batch, engine: kind.engine(), verdict: why };
    Model {
        name: manifest.name.to_string(),
        version: manifest.version.to_string(),
        task: manifest.task.as_str(),
        sha256: manifest.sha256.as_str().to_owned(),
        licence: manifest.licence.clone(),
        source: manifest.source.clone(),
        sizes: loaded.places().map(size).collect(),
    }
}

fn broken(broken: &Broken) -> BrokenModel {
    let Broken { place, code, what } = broken.clone();
    BrokenModel { place, code, what }
}
