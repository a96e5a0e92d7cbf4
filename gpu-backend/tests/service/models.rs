//! Models for a service, and a folder that it watches.

use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use munjigi_gpu_backend::config::{Config, environment};
use munjigi_gpu_backend::server;
use munjigi_gpu_backend::serving::Watcher;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::build::Build;
use crate::rig::{Rig, own_keys};

/// A classifier of three labels over colour pictures of 8×8; the seed
/// determines its weights.
pub fn classifier(seed: u64) -> Vec<u8> {
    let mut build = Build::new(13, seed);
    let x = build.input(&[3, 8, 8]);
    let filters = build.weights(&[3, 3, 3, 3]);
    let x = build.node("Conv", &[&x, &filters], &[]);
    let x = build.node("GlobalAveragePool", &[&x], &[]);
    let x = build.node("Flatten", &[&x], &[("axis", crate::build::Value::Int(1))]);
    build.file(&[&x])
}

/// Puts a model into a folder of models.
pub fn put(models: &Path, name: &str, version: &str, file: &[u8], labels: &[&str]) {
    let folder = models.join(name).join(version);
    std::fs::create_dir_all(&folder).unwrap();
    let hash = HEXLOWER.encode(&Sha256::digest(file));
    let manifest = format!(
        r#"name = "{name}"
version = "{version}"
task = "classify"
sha256 = "{hash}"
licence = "Apache-2.0"
source = "made by a test"
labels = {labels:?}

[input]
channels = 3
height = 8
width = 8
mean = [0.5, 0.5, 0.5]
deviation = [0.25, 0.25, 0.25]
"#
    );
    std::fs::write(folder.join("model.onnx"), file).unwrap();
    std::fs::write(folder.join("model.toml"), manifest).unwrap();
}

pub const LABELS: [&str; 3] = ["circle", "square", "star"];

/// A service with a folder of models.
pub struct Stocked {
    pub rig: Rig,
    pub folder: TempDir,
    pub watcher: Watcher,
}

impl Stocked {
    /// A service whose folder `fill` has filled, loaded.
    pub async fn with(variables: &[(&str, &str)], fill: impl FnOnce(&Path)) -> Self {
        Self::on(Rig::with(variables), fill).await
    }

    /// The same for an existing service.
    pub async fn on(rig: Rig, fill: impl FnOnce(&Path)) -> Self {
        let folder = TempDir::new().unwrap();
        fill(folder.path());
        // Checks once; after that only on request.
        let keys = own_keys();
        let pairs =
            [("MUNJIGI_INTERNAL_KEYS", keys.as_str()), ("MUNJIGI_GPU_POLL_SECONDS", "3600")];
        let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
        let config = Config::read(&environment(pairs, |_| unreachable!())).unwrap();
        let watcher = server::watch(&rig.app, folder.path(), &config).unwrap();
        let stocked = Self { rig, folder, watcher };
        stocked.until(|stocked| stocked.rig.app.serving.fleet().is_loaded).await;
        stocked
    }

    /// A service with one model, `shapes` 1.0.0.
    pub async fn new() -> Self {
        Self::with(&[], |models| put(models, "shapes", "1.0.0", &classifier(5), &LABELS)).await
    }

    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap();
    }
}
