//! The adapter that GPU tests run on: Mesa's software adapter (Debian: `apt-get
//! install mesa-vulkan-drivers libvulkan1`), or the one that
//! `MUNJIGI_TEST_ADAPTER` names. These tests are `#[ignore]`d, so that a run
//! without an adapter shows them in its count; they fail if there is none:
//! `cargo test -- --ignored` runs them, as `scripts/test gpu-backend` does.

use munjigi_gpu_backend::engine::choice::{Engines, Wish};

/// Mesa's software adapter.
pub const SOFTWARE: &str = "llvmpipe";

/// Part of its name, in lower case like the setting.
pub fn name() -> String {
    let name = std::env::var("MUNJIGI_TEST_ADAPTER").unwrap_or(SOFTWARE.to_owned());
    name.to_lowercase()
}

/// Engines with a GPU among them.
pub fn engines() -> Engines {
    let engines = Engines::choose(&Wish::Named(name()));
    let reason = &engines.reason;
    assert!(engines.adapter.is_some(), "{reason}; install mesa-vulkan-drivers and libvulkan1");
    engines
}
