//! rten: the CPU engine. Loads every canonical operator; the reference that GPU
//! engines are compared with.

use std::thread::available_parallelism;

use rten::{Model, NodeId, ValueView};

use super::{Description, Engine, InputLengths, Kind, LoadError, RunError, Session, caught};
use crate::onnx::Canonical;

#[derive(Debug, Default)]
pub struct Rten;

struct Loaded {
    model: Model,
    inputs: Vec<(NodeId, Vec<usize>)>,
    outputs: Vec<NodeId>,
    lengths: InputLengths,
}

impl Engine for Rten {
    fn describe(&self) -> Description {
        let threads = available_parallelism().map_or(1, std::num::NonZero::get);
        Description { name: "rten", kind: Kind::Cpu, device: format!("CPU, {threads} threads") }
    }

    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError> {
        let refused = |error: &dyn std::fmt::Display| LoadError::Refused(error.to_string());
        let loaded = caught(|| Model::load(model.to_bytes()))
            .map_err(LoadError::Panicked)?
            .map_err(|error| refused(&error))?;
        let id = |name: &String| loaded.node_id(name).map_err(|error| refused(&error));
        let inputs = model
            .inputs
            .iter()
            .map(|name| Ok((id(name)?, model.shapes[name].clone())))
            .collect::<Result<_, LoadError>>()?;
        let outputs = model.outputs.iter().map(id).collect::<Result<_, _>>()?;
        Ok(Box::new(Loaded { inputs, outputs, lengths: InputLengths::of(model), model: loaded }))
    }
}

impl Session for Loaded {
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        self.lengths.check(inputs)?;
        caught(|| self.compute(inputs)).map_err(RunError::Panicked)?
    }
}

impl Loaded {
    fn compute(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        let failed = |error: &dyn std::fmt::Display| RunError::Failed(error.to_string());
        let values = self
            .inputs
            .iter()
            .zip(inputs)
            .map(|((id, shape), numbers)| {
                let view = ValueView::from_shape(shape.as_slice(), numbers);
                Ok((*id, view.map_err(|error| failed(&error))?.into()))
            })
            .collect::<Result<Vec<_>, RunError>>()?;
        let outputs =
            self.model.run(values, &self.outputs, None).map_err(|error| failed(&error))?;
        outputs
            .into_iter()
            .map(|value| {
                let Some(tensor) = value.into_tensor::<f32>() else {
                    return Err(failed(&"an output is not float"));
                };
                Ok(tensor.into_data())
            })
            .collect()
    }
}
