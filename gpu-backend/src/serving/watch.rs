//! Checks the folder of models periodically and puts changes into service.
//! Unchanged models stay loaded; a broken one does not hide others.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{Broken, Fleet, Plan, Serving, plan};
use crate::device::Device;
use crate::engine::caught;
use crate::loaded::{BATCHES, Loaded, Place};
use crate::onnx::Graph;
use crate::registry::{Entry, Listed, ModelName, Opened, Registry, Version};
use crate::trust::Trusted;

/// The watching thread. Dropping this ends it.
#[derive(Debug)]
pub struct Watcher(mpsc::Sender<()>);

impl Watcher {
    /// Starts to watch: checks at once and then after each `poll`.
    pub fn start(
        folder: &Path,
        device: Arc<Device>,
        serving: Arc<Serving>,
        poll: Duration,
    ) -> std::io::Result<Self> {
        let (asking, asked) = mpsc::channel();
        let mut look = Look { folder: folder.to_owned(), device, serving, seen: None };
        thread::Builder::new().name("models".to_owned()).spawn(move || {
            loop {
                look.again();
                match asked.recv_timeout(poll) {
                    Ok(()) => look.seen = None,
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Self(asking))
    }

    /// Checks now, even if no file's date has changed.
    pub fn look_now(&self) {
        // A thread that ended has logged why.
        let _ = self.0.send(());
    }
}

/// A file's path, length and date.
type Seen = Vec<(PathBuf, u64, Option<SystemTime>)>;

struct Look {
    folder: PathBuf,
    device: Arc<Device>,
    serving: Arc<Serving>,
    seen: Option<Seen>,
}

impl Look {
    fn again(&mut self) {
        let seen = Some(seen(&self.folder));
        if seen != self.seen {
            let fleet = self.fleet();
            measure(&fleet);
            self.serving.replace(fleet);
            self.seen = seen;
        }
    }

    fn fleet(&self) -> Fleet {
        let old = self.serving.fleet();
        let mut fleet = Fleet { is_loaded: true, ..Fleet::default() };
        let listed = Registry::new(&self.folder).list().unwrap_or_else(|error| {
            fleet.add_broken(self.folder.display().to_string(), error.code(), error.to_string());
            Vec::new()
        });
        for Listed { folder, entry } in listed {
            let loaded = entry.map_err(|error| (error.code(), error.to_string()));
            let loaded = loaded.and_then(|entry| self.loaded(&old, entry));
            let place = named(&folder);
            let line = place.map(|(name, version)| (fleet.lines.entry(name).or_default(), version));
            match (loaded, line) {
                (Ok(model), Some((line, version))) => {
                    line.versions.insert(version, model);
                }
                // The registry never lists a valid model under a wrong name.
                (Ok(_), None) => {}
                (Err((code, what)), line) => {
                    if let Some((line, version)) = line {
                        line.broken.insert(version);
                    }
                    tracing::warn!(folder = %folder.display(), code, %what, "a model is not used");
                    fleet.add_broken(folder.display().to_string(), code, what);
                }
            }
        }
        let names: Vec<ModelName> = fleet.lines.keys().cloned().collect();
        for name in names {
            let place = self.folder.join(name.as_str()).join(plan::FILE);
            match fs::read_to_string(&place).map(|text| Plan::read(&text)) {
                Ok(Ok(plan)) => fleet.set_plan(&name, plan),
                Ok(Err(what)) => {
                    let code = "model-plan-invalid";
                    tracing::warn!(file = %place.display(), code, %what, "a plan is not used");
                    fleet.add_broken(place.display().to_string(), code, what);
                    // Keeps the old plan, rather than acting as if there were
                    // none.
                    if let Some(line) = old.lines.get(&name) {
                        fleet.set_plan(&name, line.plan.clone());
                    }
                }
                Err(_) => {}
            }
        }
        fleet
    }

    /// The model that is already in service if it is the same, otherwise loads
    /// it. One that the GPU failed on is loaded again: probes tell whether it
    /// works now.
    fn loaded(&self, old: &Fleet, entry: Entry) -> Result<Arc<Loaded>, (&'static str, String)> {
        let (name, version) = entry.manifest.key();
        let same = old.lines.get(name).and_then(|line| line.versions.get(&version));
        let is_same = |same: &&Arc<Loaded>| same.manifest == entry.manifest;
        if let Some(same) = same.filter(is_same).filter(|same| !same.has_fault()) {
            return Ok(Arc::clone(same));
        }
        let opened = entry.open().map_err(|error| (error.code(), error.to_string()))?;
        let Opened { entry, graph, outputs, .. } = opened;
        let tolerance = entry.manifest.tolerance;
        // Calls continue meanwhile: they share only the adapter.
        let engines = self.device.engines();
        let ready = |graph: &Graph, batch| Trusted::load(engines, graph, batch, tolerance);
        let loaded = caught(|| Loaded::load(entry.manifest, outputs, &graph, &BATCHES, ready));
        let loaded = loaded.map_err(|panic| ("engine-panicked", panic))?;
        let loaded = loaded.map_err(|error| (error.code(), error.to_string()))?;
        for Place { batch, kind, why, is_fault } in loaded.places() {
            let model = loaded.label();
            if is_fault {
                tracing::warn!(%model, batch, ?kind, %why, "a model is ready, but not on the GPU");
            } else {
                tracing::info!(%model, batch, ?kind, %why, "a model is ready");
            }
        }
        Ok(Arc::new(loaded))
    }
}

impl Fleet {
    fn add_broken(&mut self, place: String, code: &'static str, what: String) {
        self.broken.push(Broken { place, code, what });
    }

    fn set_plan(&mut self, name: &ModelName, plan: Plan) {
        if let Some(line) = self.lines.get_mut(name) {
            line.plan = plan;
        }
    }
}

/// Name and version of a folder in the registry.
fn named(folder: &Path) -> Option<(ModelName, Version)> {
    let name = folder.parent()?.file_name()?.to_str()?.parse().ok()?;
    Some((name, folder.file_name()?.to_str()?.parse().ok()?))
}

/// The current state of the files that determine what is in service.
fn seen(folder: &Path) -> Seen {
    let entries = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for model in entries(folder) {
        let files = entries(&model).into_iter().flat_map(|version| entries(&version));
        for file in files.chain([model.join(plan::FILE)]) {
            if let Ok(about) = fs::metadata(&file) {
                seen.push((file, about.len(), about.modified().ok()));
            }
        }
    }
    seen.sort();
    seen
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats by Prometheus's design")]
fn measure(fleet: &Fleet) {
    let ready: usize = fleet.lines.values().map(|line| line.versions.len()).sum();
    metrics::gauge!("munjigi_gpu_models", "state" => "ready").set(ready as f64);
    metrics::gauge!("munjigi_gpu_models", "state" => "broken").set(fleet.broken.len() as f64);
}
