//! The engines that compute networks, behind one trait: wonnx on a GPU and rten
//! on the CPU. `choice` decides which one a model gets, and `trust` confirms it
//! by comparing them.

pub mod adapter;
pub mod allow;
pub mod choice;
mod cpu;
pub mod fence;
mod fenced;
mod gpu;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use thiserror::Error;

pub use cpu::Rten;
pub use fenced::Fenced;
pub use gpu::Wonnx;

use crate::onnx::{Canonical, Unsupported};

/// Computes networks on one device.
pub trait Engine: Send + Sync {
    /// The engine's name and the device that it runs on.
    fn describe(&self) -> Description;

    /// Prepares a network for its batch size.
    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError>;

    /// Why its device is gone for good, if it is.
    fn lost(&self) -> Option<String> {
        None
    }
}

pub trait Session: Send + Sync {
    /// Computes one batch. Values are row-major floats in the order of the
    /// model's inputs and outputs; their number follows from the shapes.
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError>;

    /// The same for a call with a time limit; an engine that can be interrupted
    /// then returns `Busy`.
    fn run_within(&self, inputs: &[&[f32]], _within: Duration) -> Result<Vec<Vec<f32>>, RunError> {
        self.run(inputs)
    }
}

/// Whether an engine needs a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Gpu,
    Cpu,
}

impl Kind {
    /// The engine's name in answers and metrics.
    pub const fn engine(self) -> &'static str {
        match self {
            Self::Gpu => "wonnx",
            Self::Cpu => "rten",
        }
    }
}

/// The identity of an engine; for `/version`, logs and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `wonnx` or `rten`.
    pub name: &'static str,
    pub kind: Kind,
    /// The adapter's name, backend and driver; for the CPU, its threads.
    pub device: String,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.name, self.device)
    }
}

/// Why an engine refuses a model. A retry never helps.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// A node that it computes wrongly or not at all.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error("the engine rejects the model: {0}")]
    Refused(String),
    /// The graphics stack panicked; caught here.
    #[error("the engine panicked: {0}")]
    Panicked(String),
    /// The device hung or was lost, now or earlier.
    #[error("{0}")]
    Lost(String),
}

/// Why a batch was not computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RunError {
    /// The caller's mistake: the inputs do not match the model's.
    #[error("input {index} has {found} numbers; {wanted} are required")]
    Input {
        /// Which input; one past the last when some are missing.
        index: usize,
        /// How many numbers were given.
        found: usize,
        /// How many numbers are expected.
        wanted: usize,
    },
    #[error("the engine failed: {0}")]
    Failed(String),
    /// The graphics stack panicked; caught here.
    #[error("the engine panicked: {0}")]
    Panicked(String),
    /// The device hung or was lost, now or earlier.
    #[error("{0}")]
    Lost(String),
    /// The result cannot be right.
    #[error("the engine computed an impossible result: {0}")]
    Unsound(String),
    /// It is busy with something else, or not ready within the given time. Not
    /// a fault; another engine may compute the batch.
    #[error("the engine is busy")]
    Busy,
}

impl LoadError {
    /// The stable code for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsupported(_) => "operator-unsupported",
            Self::Refused(_) => "engine-refused-model",
            Self::Panicked(_) => "engine-panicked",
            Self::Lost(_) => "engine-lost",
        }
    }
}

impl RunError {
    /// The stable code for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Input { .. } => "input-shape-wrong",
            Self::Failed(_) => "engine-failed",
            Self::Panicked(_) => "engine-panicked",
            Self::Lost(_) => "engine-lost",
            Self::Unsound(_) => "engine-output-unsound",
            Self::Busy => "engine-busy",
        }
    }
}

/// The lengths of a model's inputs, checked once per run.
struct InputLengths(Vec<usize>);

impl InputLengths {
    fn of(model: &Canonical) -> Self {
        Self(model.inputs.iter().map(|name| model.shapes[name].iter().product()).collect())
    }

    fn check(&self, inputs: &[&[f32]]) -> Result<(), RunError> {
        for index in 0..self.0.len().max(inputs.len()) {
            let wanted = self.0.get(index).copied().unwrap_or(0);
            let found = inputs.get(index).map_or(0, |numbers| numbers.len());
            if found != wanted {
                return Err(RunError::Input { index, found, wanted });
            }
        }
        Ok(())
    }
}

/// Runs work that may panic; only the message is returned. Callers must not
/// reuse the state inside: a session that panicked is dropped.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
            .unwrap_or_else(|| "no message".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 1), Ok(1));
        let panicking = || -> u8 { panic!("the driver broke at {}", 7) };
        assert_eq!(caught(panicking), Err("the driver broke at 7".to_owned()));
    }
}
