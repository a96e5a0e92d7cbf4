//! Networks on both engines, compared with answers stored from ONNX Runtime.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "tests write small numbers, and fail by panicking"
)]

#[path = "../adapter/mod.rs"]
mod adapter;
#[path = "../cases/mod.rs"]
mod cases;
mod nets;
mod operators;
mod reference;
mod segmented;
mod shipped;
mod sweep;
mod trusted;

use std::sync::OnceLock;

use munjigi_gpu_backend::engine::choice::Engines;
use munjigi_gpu_backend::engine::{Fenced, Rten};

const CPU: Rten = Rten;

fn engines() -> &'static Engines {
    static ENGINES: OnceLock<Engines> = OnceLock::new();
    ENGINES.get_or_init(adapter::engines)
}

fn gpu() -> &'static Fenced {
    engines().gpu.as_ref().expect("an adapter brings its engine")
}
