//! `munjigi-tools bindgen`: writes the JavaScript glue of a WebAssembly module.
//! It is wasm-bindgen's own library, so that `Cargo.lock` fixes all that its
//! command-line tool would be built from.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Arguments of `munjigi-tools bindgen`.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The module as Cargo built it
    module: PathBuf,
    /// The folder for `index.js` and `index_bg.wasm`
    out: PathBuf,
}

/// Writes the glue that workerd loads. An instance that aborted is replaced by a
/// new one, which needs the reset function and the handler.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut bindgen = Bindgen::new();
    bindgen
        .module(true)?
        .input_path(&arguments.module)
        .out_name("index")
        .typescript(false)
        .reset_state_function(true)
        .force_enable_abort_handler(true);
    let failed = || format!("bind {}", arguments.module.display());
    bindgen.generate(&arguments.out).with_context(failed)?;
    Ok(ExitCode::SUCCESS)
}
