//! Shape arithmetic: constants, `Shape`, and the few integer operators that
//! exporters put between `Shape` and `Reshape`. Everything is known once the
//! batch size is, so none of it reaches an engine.

use super::{Builder, Step, axis, signed};
use crate::error::ModelError;
use crate::graph::{Attribute, Data, Node, Tensor};

impl Builder {
    /// Turns a node into a constant if possible; returns whether it did.
    pub(super) fn fold(&mut self, node: &Node) -> Result<bool, ModelError> {
        let folded = match node.op.as_str() {
            "Constant" => Some(constant(node)?),
            "Shape" => {
                let (_, shape) = self.input(node, 0)?;
                let from = bound(node.int("start", 0), shape.len());
                let to = bound(node.int("end", i64::MAX), shape.len());
                Some(Tensor::ints(signed(shape.get(from..to).unwrap_or_default())))
            }
            "DequantizeLinear" => Some(self.dequantized(node)?),
            _ => self.fold_integers(node)?,
        };
        let Some(tensor) = folded else { return Ok(false) };
        self.constants.insert(node.outputs[0].clone(), tensor);
        Ok(true)
    }

    /// The floats that quantized weights stand for: each number less the zero
    /// point, times the scale, both of which may differ by an axis.
    fn dequantized(&self, node: &Node) -> Result<Tensor, ModelError> {
        let constant = |at: usize| node.inputs.get(at).and_then(|name| self.constants.get(name));
        let (Some(Tensor { shape, data: Data::Int(data) }), Some(scales)) =
            (constant(0), constant(1).and_then(Tensor::as_floats))
        else {
            return Err(node.unsupported("only weights may be quantized").into());
        };
        let zeros = match constant(2) {
            Some(zeros) => zeros.as_ints().unwrap_or_default(),
            None => &[0],
        };
        let unfit = || node.unsupported("its scales do not fit its numbers");
        let (channels, inner) = if scales.len() == 1 {
            (1, data.len().max(1))
        } else {
            let axis = axis(node, node.int("axis", 1), shape.len())?;
            (shape[axis], shape[axis + 1..].iter().product::<usize>().max(1))
        };
        let fits = scales.len() == channels && (zeros.len() == channels || zeros.len() == 1);
        if !fits || node.int("block_size", 0) != 0 {
            return Err(unfit().into());
        }
        let float = |(at, &number): (usize, &i64)| {
            let channel = at / inner % channels;
            let less = i16::try_from(number.saturating_sub(pick(zeros, channel)?)).ok()?;
            Some(f32::from(less) * scales.get(channel)?)
        };
        let floats = data.iter().enumerate().map(float).collect::<Option<Vec<f32>>>();
        Ok(Tensor::floats(shape, floats.ok_or_else(unfit)?))
    }

    /// Folds integer operators whose inputs are all constant integers.
    fn fold_integers(&self, node: &Node) -> Result<Option<Tensor>, ModelError> {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for name in &node.inputs {
            match self.constants.get(name) {
                Some(Tensor { shape, data: Data::Int(data) }) => inputs.push((shape, data)),
                _ => return Ok(None),
            }
        }
        let Some(&(shape, data)) = inputs.first() else { return Ok(None) };
        let unfit = || node.unsupported("its constant integers do not fit");
        Ok(match node.op.as_str() {
            "Identity" | "Cast" => {
                Some(Tensor { shape: shape.clone(), data: Data::Int(data.clone()) })
            }
            // Lists only: a list of one number and a single number are
            // different.
            "Unsqueeze" if data.len() == 1 => Some(Tensor::ints(data.clone())),
            "Squeeze" if data.len() == 1 => {
                Some(Tensor { shape: vec![], data: Data::Int(data.clone()) })
            }
            "Concat" => {
                Some(Tensor::ints(inputs.iter().flat_map(|(_, data)| (*data).clone()).collect()))
            }
            "Gather" => {
                let (indices_shape, indices) = *inputs.get(1).ok_or_else(unfit)?;
                let picked = indices
                    .iter()
                    .map(|&index| Ok(data[axis(node, index, data.len())?]))
                    .collect::<Result<Vec<_>, ModelError>>()?;
                Some(Tensor { shape: indices_shape.clone(), data: Data::Int(picked) })
            }
            "Slice" => {
                let first = |index: usize| inputs.get(index).and_then(|(_, data)| data.first());
                let (from, to) = (first(1).ok_or_else(unfit)?, first(2).ok_or_else(unfit)?);
                if first(4).is_some_and(|&step| step != 1) {
                    return Err(unfit().into());
                }
                let range = bound(*from, data.len())..bound(*to, data.len());
                Some(Tensor::ints(data.get(range).unwrap_or_default().to_vec()))
            }
            "Add" | "Sub" | "Mul" | "Div" => {
                let (other_shape, other) = *inputs.get(1).ok_or_else(unfit)?;
                let shape = if data.len() >= other.len() { shape } else { other_shape };
                let count = data.len().max(other.len());
                let calculated = (0..count)
                    .map(|at| calculate(&node.op, pick(data, at)?, pick(other, at)?))
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(unfit)?;
                Some(Tensor { shape: shape.clone(), data: Data::Int(calculated) })
            }
            _ => None,
        })
    }

    /// Drops a node that does nothing: its output becomes an alias of its
    /// input.
    pub(super) fn identity(&mut self, node: &Node) -> Step {
        let (source, _) = self.input(node, 0)?;
        if node.outputs.iter().skip(1).any(|name| self.uses.contains_key(name)) {
            return Err(node.unsupported("its mask is used").into());
        }
        self.renamed.insert(node.outputs[0].clone(), source);
        Ok(())
    }
}

fn constant(node: &Node) -> Result<Tensor, ModelError> {
    let (name, value) =
        node.attributes.first_key_value().ok_or_else(|| node.unsupported("it has no value"))?;
    Ok(match value {
        Attribute::Tensor(tensor) => tensor.clone(),
        Attribute::Int(value) => Tensor { shape: vec![], data: Data::Int(vec![*value]) },
        Attribute::Float(value) => Tensor::floats(&[], vec![*value]),
        Attribute::Ints(values) => Tensor::ints(values.clone()),
        Attribute::Floats(values) => Tensor::floats(&[values.len()], values.clone()),
        Attribute::Text(_) => return Err(node.unsupported(format!("its '{name}' is text")).into()),
    })
}

/// One bound of a slice, clamped as ONNX clamps it.
fn bound(index: i64, length: usize) -> usize {
    let length_signed = i64::try_from(length).unwrap_or(i64::MAX);
    let counted = if index < 0 { index.saturating_add(length_signed) } else { index };
    usize::try_from(counted.clamp(0, length_signed)).unwrap_or(length)
}

/// The number at an index, or the only one.
fn pick(data: &[i64], at: usize) -> Option<i64> {
    if let [only] = data { Some(*only) } else { data.get(at).copied() }
}

fn calculate(op: &str, left: i64, right: i64) -> Option<i64> {
    match op {
        "Add" => left.checked_add(right),
        "Sub" => left.checked_sub(right),
        "Mul" => left.checked_mul(right),
        _ => left.checked_div(right),
    }
}
