//! wonnx: the GPU engine. Everything below it is fenced: panics, and errors
//! that wgpu reports elsewhere, are returned as values.

use std::collections::HashMap;

use wonnx::utils::{InputTensor, OutputTensor};
use wonnx::{Session as Network, SessionConfig};

use super::adapter::Gpu;
use super::{Description, Engine, InputLengths, Kind, LoadError, RunError, Session, allow, caught};
use crate::onnx::Canonical;

/// The GPU engine on one adapter.
pub struct Wonnx {
    gpu: Gpu,
}

struct Loaded {
    network: Network,
    gpu: Gpu,
    inputs: Vec<String>,
    outputs: Vec<String>,
    lengths: InputLengths,
}

impl Wonnx {
    /// Computes on an open adapter.
    pub fn new(gpu: Gpu) -> Self {
        Self { gpu }
    }
}

impl Engine for Wonnx {
    fn describe(&self) -> Description {
        Description { name: "wonnx", kind: Kind::Gpu, device: self.gpu.describe() }
    }

    fn lost(&self) -> Option<String> {
        self.gpu.lost.get().cloned()
    }

    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError> {
        allow::on_gpu(model, &self.gpu.device.limits())?;
        let Gpu { device, queue, .. } = self.gpu.clone();
        let bytes = model.to_bytes();
        let config = SessionConfig::new().with_outputs(Some(model.outputs.clone()));
        let load = || pollster::block_on(Network::from_bytes(&bytes, &config, device, queue));
        let network = on_deep_stack(|| caught(load))
            .map_err(LoadError::Refused)?
            .map_err(LoadError::Panicked)?
            .map_err(|error| LoadError::Refused(error.to_string()))?;
        if let Some(error) = self.gpu.take_error() {
            return Err(LoadError::Refused(error));
        }
        Ok(Box::new(Loaded {
            network,
            gpu: self.gpu.clone(),
            inputs: model.inputs.clone(),
            outputs: model.outputs.clone(),
            lengths: InputLengths::of(model),
        }))
    }
}

/// Stack for loading, in bytes: wonnx recurses once per node, and a stack
/// overflow cannot be caught. Only touched pages cost memory.
const STACK: usize = 256 << 20;

/// Runs work on a thread with room for deep recursion.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| format!("no thread for loading: {error}"))?;
        thread.join().map_err(|_| "loading panicked".to_owned())
    })
}

impl Session for Loaded {
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        self.lengths.check(inputs)?;
        let inputs: HashMap<String, InputTensor> =
            self.inputs.iter().cloned().zip(inputs.iter().map(|&x| InputTensor::from(x))).collect();
        let mut found = caught(|| pollster::block_on(self.network.run(&inputs)))
            .map_err(RunError::Panicked)?
            .map_err(|error| RunError::Failed(error.to_string()))?;
        if let Some(error) = self.gpu.take_error() {
            return Err(RunError::Failed(error));
        }
        let missing = |name: &String| RunError::Failed(format!("output '{name}' is missing"));
        self.outputs
            .iter()
            .map(|name| match found.remove(name) {
                Some(OutputTensor::F32(numbers)) => Ok(numbers),
                _ => Err(missing(name)),
            })
            .collect()
    }
}
