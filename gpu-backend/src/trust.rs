//! Decides whether a model may run on the GPU: only if the GPU agrees with the
//! CPU on probe inputs. A disagreement is traced to its first node. If a GPU
//! fails later, the CPU takes over.

mod bisect;
mod probe;

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use thiserror::Error;

pub use bisect::first_difference;
pub use probe::{Difference, difference, inputs, uniform};

use crate::engine::choice::Engines;
use crate::engine::fence::Fence;
use crate::engine::{Engine, Kind, LoadError, RunError, Session};
use crate::onnx::{Canonical, Graph, ModelError};

/// How many probes each engine computes.
const PROBES: u64 = 2;

/// Why a model cannot be used on any engine.
#[derive(Debug, PartialEq, Error)]
pub enum TrustError {
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The CPU engine accepts every canonical model unless it is broken.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The CPU engine does not compute it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its outputs for a sample depend on the other samples of the batch.
    #[error(
        "a batch of {batch} computes output '{output}' otherwise than one by one ({difference})"
    )]
    Batch {
        batch: usize,
        /// The first output that differs.
        output: String,
        difference: Difference,
    },
}

impl TrustError {
    /// The stable code for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Model(error) => error.code(),
            Self::Load(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Batch { .. } => "model-batch-dependent",
        }
    }
}

/// Why a model runs on its engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Both engines agree.
    Agreed(Difference),
    /// There is no GPU engine.
    NoGpu,
    /// The GPU engine refuses it.
    Refused(LoadError),
    /// The GPU engine failed on a probe.
    Failed(RunError),
    Differs {
        difference: Difference,
        /// The first node that differs, as `name (operator)`; `None` if each
        /// part agrees on its own.
        node: Option<String>,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreed(difference) => write!(f, "both engines agree ({difference})"),
            Self::NoGpu => f.write_str("there is no GPU engine"),
            Self::Refused(error) => write!(f, "the GPU engine does not accept it: {error}"),
            Self::Failed(error) => write!(f, "the GPU engine failed on a probe: {error}"),
            Self::Differs { difference, node: Some(node) } => {
                write!(f, "the engines differ ({difference}), first at {node}")
            }
            Self::Differs { difference, node: None } => {
                write!(f, "the engines differ ({difference}), at no single node")
            }
        }
    }
}

impl Verdict {
    /// Whether the GPU failed, other than by a refusal or wrong numbers.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Refused(error) => {
                matches!(error, LoadError::Panicked(_) | LoadError::Lost(_))
            }
            Self::Failed(_) => true,
            Self::Agreed(_) | Self::NoGpu | Self::Differs { .. } => false,
        }
    }
}

/// A model that is ready at one batch size.
pub struct Trusted {
    pub model: Canonical,
    /// Why it was first assigned to its engine.
    pub verdict: Verdict,
    gpu: Option<Box<dyn Session>>,
    fence: Option<Fence>,
    /// Why the GPU, once trusted, is no longer used.
    left: OnceLock<RunError>,
    cpu: Box<dyn Session>,
}

/// The result of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub outputs: Vec<Vec<f32>>,
    /// The kind of engine that computed them.
    pub kind: Kind,
}

impl Trusted {
    /// Loads a model, compares the engines, and keeps those that may be used.
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
        let fence = engines.fence().cloned();
        Ok(Self { model, verdict, gpu, fence, left: OnceLock::new(), cpu })
    }

    /// The kind of engine that computes the next batch.
    pub fn kind(&self) -> Kind {
        let has_gpu = self.gpu.is_some() && self.left().is_none();
        if has_gpu { Kind::Gpu } else { Kind::Cpu }
    }

    /// Why that engine is used.
    pub fn why(&self) -> String {
        match self.left() {
            Some(error) => format!("the GPU engine was abandoned while serving: {error}"),
            None => self.verdict.to_string(),
        }
    }

    /// Why the GPU, once trusted with this model, is no longer used.
    pub fn left(&self) -> Option<RunError> {
        self.gpu.as_ref()?;
        let hung = || self.fence.as_ref().and_then(Fence::left).map(RunError::Lost);
        self.left.get().cloned().or_else(hung)
    }

    /// Stops using the GPU for this model.
    pub fn leave(&self, error: RunError) {
        // The first reason stays.
        let _ = self.left.set(error);
    }

    /// Computes a batch; `within` is how long to wait for the GPU. If it fails,
    /// the CPU computes this batch and all later ones; if it is only late, just
    /// this one.
    pub fn run(&self, inputs: &[&[f32]], within: Duration) -> Result<Ran, RunError> {
        let by_cpu = || {
            let outputs = self.cpu.run(inputs)?;
            Ok::<_, RunError>(Ran { outputs, kind: Kind::Cpu })
        };
        let Some(gpu) = self.gpu.as_ref().filter(|_| self.kind() == Kind::Gpu) else {
            return by_cpu();
        };
        match gpu.run_within(inputs, within) {
            Ok(outputs) => {
                let Some(fault) = self.fault(&outputs) else {
                    return Ok(Ran { outputs, kind: Kind::Gpu });
                };
                let ran = by_cpu()?;
                // A network that overflows does so on every engine.
                if self.fault(&ran.outputs).is_none() {
                    self.leave(RunError::Unsound(fault));
                }
                Ok(ran)
            }
            Err(error @ RunError::Input { .. }) => Err(error),
            Err(RunError::Busy) => by_cpu(),
            Err(error) => {
                self.leave(error);
                by_cpu()
            }
        }
    }

    /// What is wrong with outputs, for any inputs.
    fn fault(&self, outputs: &[Vec<f32>]) -> Option<String> {
        let names = &self.model.outputs;
        if outputs.len() != names.len() {
            return Some(format!("{} outputs; {} are required", outputs.len(), names.len()));
        }
        outputs.iter().zip(names).find_map(|(numbers, name)| {
            let wanted: usize = self.model.shapes.get(name)?.iter().product();
            if numbers.len() != wanted {
                return Some(format!("{} numbers in '{name}', not {wanted}", numbers.len()));
            }
            let odd = numbers.iter().filter(|number| !number.is_finite()).count();
            (odd > 0).then(|| format!("{odd} of {wanted} in '{name}' are not numbers"))
        })
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
    let node = first_difference(model, engines.cpu.as_ref(), engine, tolerance);
    let node = node.map(|node| format!("{} ({})", node.name, node.op));
    Ok((Verdict::Differs { difference: worst, node }, None))
}

/// Checks that a batch computes each sample as if it were alone: an exporter
/// may have fixed the batch size 1 in the network.
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
