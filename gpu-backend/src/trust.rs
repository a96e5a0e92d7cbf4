//! Trusting a model: it runs on the GPU only where the GPU agrees with the
//! CPU on probe inputs, and a disagreement is traced to its first node. Also
//! what happens when a GPU fails later: the CPU takes over.

mod bisect;
mod probe;

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use tracing::warn;

pub use bisect::first_difference;
pub use probe::{Difference, difference, inputs, uniform};

use crate::engine::choice::Engines;
use crate::engine::{Kind, LoadError, RunError, Session};
use crate::onnx::{Canonical, Graph, ModelError};

/// How many probes each engine computes.
const PROBES: u64 = 2;

/// Why a model cannot be used on any engine.
#[derive(Debug, PartialEq, Error)]
pub enum TrustError {
    /// The file.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The CPU engine takes every canonical model, except a broken one.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The CPU engine does not compute it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its outputs for a sample depend on the samples beside it.
    #[error(
        "a batch of {batch} computes output '{output}' otherwise than one by one ({difference})"
    )]
    Batch {
        /// The batch size.
        batch: usize,
        /// The first output that differs.
        output: String,
        /// By how much.
        difference: Difference,
    },
}

impl TrustError {
    /// The stable word for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Model(error) => error.code(),
            Self::Load(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Batch { .. } => "model-batch-dependent",
        }
    }
}

/// Why a model runs where it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Both engines agree.
    Agreed(Difference),
    /// There is no GPU engine.
    NoGpu,
    /// The GPU engine does not take it.
    Refused(LoadError),
    /// The GPU engine failed on a probe.
    Failed(RunError),
    /// The engines differ.
    Differs {
        /// By how much, over the outputs.
        difference: Difference,
        /// The first node that differs, as `name (operator)`; nothing when
        /// each part agrees alone.
        node: Option<String>,
    },
}

/// A model that is ready at one batch size.
pub struct Trusted {
    /// Its canonical form.
    pub model: Canonical,
    /// Why it runs where it runs.
    pub verdict: Verdict,
    gpu: Option<Box<dyn Session>>,
    gpu_failed: AtomicBool,
    cpu: Box<dyn Session>,
}

impl Trusted {
    /// Loads a model, compares the engines, and keeps what may be used.
    /// `tolerance` is relative to the largest number of each output.
    pub fn load(
        engines: &Engines,
        graph: &Graph,
        batch: usize,
        tolerance: f32,
    ) -> Result<Self, TrustError> {
        let model = Canonical::new(graph, batch)?;
        let cpu = engines.cpu.load(&model)?;
        if batch > 1 {
            check_batch(engines, graph, &model, cpu.as_ref(), tolerance)?;
        }
        let (verdict, gpu) = judge(engines, &model, cpu.as_ref(), tolerance)?;
        Ok(Self { model, verdict, gpu, gpu_failed: AtomicBool::new(false), cpu })
    }

    /// Where the next batch is computed.
    pub fn kind(&self) -> Kind {
        if self.gpu.is_some() && !self.gpu_failed.load(Ordering::Relaxed) {
            Kind::Gpu
        } else {
            Kind::Cpu
        }
    }

    /// Computes a batch. When the GPU fails, the CPU computes this batch and
    /// all later ones.
    pub fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        if let (Kind::Gpu, Some(gpu)) = (self.kind(), &self.gpu) {
            match gpu.run(inputs) {
                Err(error @ (RunError::Failed(_) | RunError::Panicked(_))) => {
                    warn!(%error, "the GPU failed; this model computes on the CPU from now on");
                    self.gpu_failed.store(true, Ordering::Relaxed);
                }
                answer => return answer,
            }
        }
        self.cpu.run(inputs)
    }
}

type Judged = (Verdict, Option<Box<dyn Session>>);

fn judge(
    engines: &Engines,
    model: &Canonical,
    cpu: &dyn Session,
    tolerance: f32,
) -> Result<Judged, TrustError> {
    let Some(engine) = &engines.gpu else { return Ok((Verdict::NoGpu, None)) };
    let gpu = match engine.load(model) {
        Ok(gpu) => gpu,
        Err(error) => return Ok((Verdict::Refused(error), None)),
    };
    let mut worst = Difference::default();
    for seed in 0..PROBES {
        let numbers = inputs(model, seed);
        let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
        let wanted = cpu.run(&views)?;
        let found = match gpu.run(&views) {
            Ok(found) => found,
            Err(error) => return Ok((Verdict::Failed(error), None)),
        };
        for (found, wanted) in found.iter().zip(&wanted) {
            worst = worst.max(difference(found, wanted));
        }
    }
    if worst.within(tolerance) {
        return Ok((Verdict::Agreed(worst), Some(gpu)));
    }
    let node = first_difference(model, engines.cpu.as_ref(), engine.as_ref(), tolerance);
    let node = node.map(|node| format!("{} ({})", node.name, node.op));
    Ok((Verdict::Differs { difference: worst, node }, None))
}

/// A batch must compute each sample as if it were alone: an exporter may have
/// baked the batch size 1 into the network.
fn check_batch(
    engines: &Engines,
    graph: &Graph,
    model: &Canonical,
    session: &dyn Session,
    tolerance: f32,
) -> Result<(), TrustError> {
    let single_model = Canonical::new(graph, 1)?;
    let single = engines.cpu.load(&single_model)?;
    let numbers = inputs(model, PROBES);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let together = session.run(&views)?;
    for sample in 0..model.batch {
        let part = |all: &[f32]| {
            let length = all.len() / model.batch;
            sample * length..(sample + 1) * length
        };
        let views: Vec<&[f32]> = numbers.iter().map(|all| &all[part(all)]).collect();
        let alone = single.run(&views)?;
        for ((all, alone), output) in together.iter().zip(&alone).zip(&model.outputs) {
            let difference = difference(&all[part(all)], alone);
            if !difference.within(tolerance) {
                let (batch, output) = (model.batch, output.clone());
                return Err(TrustError::Batch { batch, output, difference });
            }
        }
    }
    Ok(())
}
