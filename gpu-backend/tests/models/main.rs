//! Models that must not be used, and the registry around those that may.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "tests write small numbers, and fail by panicking"
)]

mod broken;
#[path = "../cases/build.rs"]
#[expect(dead_code, reason = "the networks here are shallow")]
mod build;
mod command;
mod outputs;
mod registry;

use std::path::Path;

use build::{Build, Value};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A classifier of three labels over grey pictures of 8×8.
fn classifier() -> Vec<u8> {
    let mut build = Build::new(13, 5);
    let x = build.input(&[1, 8, 8]);
    let filters = build.weights(&[3, 1, 3, 3]);
    let x = build.node("Conv", &[&x, &filters], &[]);
    let x = build.node("GlobalAveragePool", &[&x], &[]);
    let x = build.node("Flatten", &[&x], &[("axis", Value::Int(1))]);
    build.file(&[&x])
}

/// A manifest that vouches for these bytes.
fn manifest(file: &[u8]) -> String {
    let hash = HEXLOWER.encode(&Sha256::digest(file));
    format!(
        r#"name = "shapes"
version = "1.0.0"
task = "classify"
sha256 = "{hash}"
licence = "Apache-2.0"
source = "made by a test"
labels = ["circle", "square", "star"]

[input]
channels = 1
height = 8
width = 8
mean = [0.5]
deviation = [0.25]
"#
    )
}

/// A folder with both files.
fn write(folder: &Path, file: &[u8], manifest: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("model.onnx"), file).unwrap();
    std::fs::write(folder.join("model.toml"), manifest).unwrap();
}
