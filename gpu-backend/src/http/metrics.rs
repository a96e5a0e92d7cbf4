//! `GET /metrics`: for Prometheus. Counters are updated where things happen;
//! this module looks up the rest at each scrape and describes each name.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};

use super::App;
use crate::engine::Engine;

/// Prometheus's text format.
#[utoipa::path(
    get,
    operation_id = "metrics",
    path = "/metrics",
    responses((status = 200, description = "The metrics"))
)]
pub async fn handler(State(app): State<Arc<App>>) -> impl IntoResponse {
    look(&app);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats by Prometheus's design")]
fn look(app: &App) {
    let engines = app.device.engines();
    let is_left = engines.left().is_some();
    let info = |engine: &dyn Engine, is_used: bool| {
        let about = engine.describe();
        gauge!("munjigi_gpu_engine_info", "engine" => about.name, "device" => about.device)
            .set(f64::from(u8::from(is_used)));
    };
    if let Some(gpu) = &engines.gpu {
        info(gpu, !is_left);
    }
    info(engines.cpu.as_ref(), true);
    // A driver that hangs may hold its locks.
    let adapter = engines.adapter.as_ref().filter(|_| !is_left);
    let report = adapter.and_then(|gpu| gpu.device.generate_allocator_report());
    if let Some(report) = report {
        gauge!("munjigi_gpu_memory_bytes").set(report.total_allocated_bytes as f64);
    }
}

/// Describes each metric. Call it once, after the recorder is installed.
pub fn describe() {
    describe_counter!("munjigi_gpu_refusals_total", "Refused requests by code");
    describe_gauge!(
        "munjigi_gpu_engine_info",
        "1 for each engine of this process; 0 when its adapter hung"
    );
    describe_counter!(
        "munjigi_gpu_engine_failures_total",
        "Times the GPU was abandoned while serving, by work (a model) and reason"
    );
    describe_gauge!("munjigi_gpu_memory_bytes", Unit::Bytes, "Taken on the adapter, where known");
    describe_gauge!("munjigi_gpu_queue_depth", "Waiting work, by queue and priority");
    describe_counter!("munjigi_gpu_pictures_total", "Pictures drawn, by type");
    describe_histogram!("munjigi_gpu_picture_seconds", Unit::Seconds, "Time to draw a picture");
    describe_gauge!("munjigi_gpu_models", "Versions of models: ready or broken");
    describe_histogram!("munjigi_gpu_batch_size", "Images computed together, by model");
    describe_histogram!(
        "munjigi_gpu_inference_seconds",
        Unit::Seconds,
        "Time to compute a batch, by model and engine"
    );
}
