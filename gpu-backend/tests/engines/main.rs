//! Networks on both engines, against answers stored from ONNX Runtime. The
//! GPU engine runs on a software adapter (Debian: `apt-get install
//! mesa-vulkan-drivers`); without one its part is skipped, unless
//! `MUNJIGI_REQUIRE` names `vulkan`.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "tests write small numbers, and fail by panicking"
)]

#[path = "../cases/mod.rs"]
mod cases;
mod nets;
mod operators;
mod reference;
mod segmented;
mod sweep;
mod trusted;

use std::sync::OnceLock;

use munjigi_gpu_backend::engine::Rten;
use munjigi_gpu_backend::engine::choice::{Engines, Wish};

/// The CPU engine.
const CPU: Rten = Rten;

/// The CPU engine, and the GPU engine on a software adapter.
fn engines() -> &'static Engines {
    static ENGINES: OnceLock<Engines> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let engines = Engines::choose(&Wish::Named("llvmpipe".to_owned()));
        let required = std::env::var("MUNJIGI_REQUIRE").unwrap_or_default();
        if engines.gpu.is_none() {
            assert!(!required.split(',').any(|name| name == "vulkan"), "{}", engines.reason);
            eprintln!("the GPU engine is skipped: {}", engines.reason);
        }
        engines
    })
}
