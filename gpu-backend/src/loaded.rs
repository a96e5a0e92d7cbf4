//! A model that is ready, at each batch size in use.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::engine::choice::Engines;
use crate::engine::{Kind, RunError};
use crate::onnx::Graph;
use crate::registry::{Entry, Manifest, Opened, Outputs};
use crate::trust::{Ran, TrustError, Trusted};

/// The batch sizes that a model is prepared for, ascending. Numbers in between
/// are padded: engines take fixed sizes.
pub const BATCHES: [usize; 3] = [1, 8, 32];

/// A model that is ready.
pub struct Loaded {
    pub manifest: Manifest,
    /// How its outputs are read.
    pub outputs: Outputs,
    /// One per batch size, ascending; never empty.
    sizes: Vec<Trusted>,
    /// Whether it was logged that the GPU is no longer used.
    has_said: AtomicBool,
}

/// Where a batch size is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub batch: usize,
    pub kind: Kind,
    pub why: String,
    /// Whether the GPU failed on it, while loading or later.
    pub is_fault: bool,
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("model", &self.label()).finish_non_exhaustive()
    }
}

/// The outputs for one image.
type Numbers = Vec<Vec<f32>>;

impl Loaded {
    /// Prepares a model at one of these batch sizes after the other, so that
    /// others get their turn on the device in between.
    pub fn load(
        manifest: Manifest,
        outputs: Outputs,
        graph: &Graph,
        batches: &[usize],
        mut ready: impl FnMut(&Graph, usize) -> Result<Trusted, TrustError>,
    ) -> Result<Self, TrustError> {
        let sizes = batches.iter().map(|&batch| ready(graph, batch)).collect::<Result<_, _>>()?;
        Ok(Self { manifest, outputs, sizes, has_said: AtomicBool::new(false) })
    }

    /// Loads these sizes at once, for tests.
    pub fn load_on(
        engines: &Engines,
        Opened { entry: Entry { manifest, .. }, outputs, graph, .. }: Opened,
        batches: &[usize],
    ) -> Result<Self, TrustError> {
        let tolerance = manifest.tolerance;
        let ready = |graph: &Graph, batch| Trusted::load(engines, graph, batch, tolerance);
        Self::load(manifest, outputs, &graph, batches, ready)
    }

    /// `NAME@VERSION`, for metrics and logs.
    pub fn label(&self) -> String {
        format!("{}@{}", self.manifest.name, self.manifest.version)
    }

    /// The most images that can be computed together.
    pub fn largest_batch(&self) -> usize {
        self.sizes.last().map_or(1, |trusted| trusted.model.batch)
    }

    /// Each batch size, where it is computed, and why there.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.sizes.iter().map(|trusted| Place {
            batch: trusted.model.batch,
            kind: trusted.kind(),
            why: trusted.why(),
            is_fault: trusted.left().is_some() || trusted.verdict.is_fault(),
        })
    }

    /// Whether the GPU failed on it, while loading or later.
    pub fn has_fault(&self) -> bool {
        self.places().any(|place| place.is_fault)
    }

    /// Computes images together, at most [`Self::largest_batch`], and says on
    /// which engine. `within` is how long to wait for the GPU. Only the
    /// device's thread calls this.
    pub fn run(
        &self,
        images: &[&[f32]],
        within: Duration,
    ) -> Result<(Vec<Numbers>, &'static str), RunError> {
        let fits = |trusted: &&Trusted| trusted.model.batch >= images.len();
        let trusted = self.sizes.iter().find(fits).or(self.sizes.last());
        let trusted =
            trusted.ok_or_else(|| RunError::Failed("no batch size is ready".to_owned()))?;
        let batch = trusted.model.batch;
        let mut input = images.concat();
        for padding in images.iter().cycle().take(batch.saturating_sub(images.len())) {
            input.extend_from_slice(padding);
        }
        let ran = trusted.run(&[&input], within);
        if let Some(error) = self.sizes.iter().find_map(Trusted::left) {
            self.leave(&error);
        }
        let Ran { outputs: together, kind } = ran?;
        let engine = kind.engine();
        let of = |sample: usize| {
            let part = |output: &Vec<f32>| {
                let length = output.len() / batch;
                output.get(sample * length..(sample + 1) * length).unwrap_or_default().to_vec()
            };
            together.iter().map(part).collect()
        };
        Ok(((0..images.len()).map(of).collect(), engine))
    }

    /// After a failure at one batch size, the others are not tried.
    fn leave(&self, error: &RunError) {
        if self.has_said.swap(true, Ordering::Relaxed) {
            return;
        }
        for trusted in &self.sizes {
            trusted.leave(error.clone());
        }
        let (model, code) = (self.label(), error.code());
        tracing::warn!(%model, code, %error, "the GPU failed; the CPU computes this model");
        metrics::counter!("munjigi_gpu_engine_failures_total", "work" => model, "reason" => code)
            .increment(1);
    }
}
