//! Rearranging numbers: `Concat`, `Split`, `Slice`, `Transpose`, `Pad`.

use super::{Builder, Step, axis, signed, size};
use crate::error::ModelError;
use crate::graph::{Attribute, Node, Tensor, elements};

impl Builder {
    pub(super) fn concat(&mut self, node: &Node) -> Step {
        let (first, mut shape) = self.input(node, 0)?;
        let at = axis(node, node.int("axis", 1), shape.len())?;
        let mut inputs = vec![first];
        for index in 1..node.inputs.len() {
            let (name, other) = self.input(node, index)?;
            let fits = other.len() == shape.len()
                && (0..other.len()).all(|axis| axis == at || other[axis] == shape[axis]);
            if !fits {
                return Err(node.unsupported(format!("{other:?} does not fit {shape:?}")).into());
            }
            shape[at] += other[at];
            inputs.push(name);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let spelled = Node::new(&node.name, "Concat", &inputs, &[&node.outputs[0]])
            .with("axis", Attribute::Int(signed(&[at])[0]));
        self.push(spelled, shape)
    }

    pub(super) fn split(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let at = axis(node, node.int("axis", 0), from.len())?;
        let parts = node.outputs.len();
        let lengths = if let Some(lengths) = self.ints(node, "split", 1)? {
            lengths.into_iter().map(|length| size(node, length)).collect::<Result<Vec<_>, _>>()?
        } else {
            // The last part may be smaller, as opset 18 allows.
            let length = from[at].div_ceil(parts);
            (0..parts).map(|part| length.min(from[at].saturating_sub(part * length))).collect()
        };
        let total = lengths.iter().try_fold(0_usize, |total, &length| total.checked_add(length));
        if lengths.len() != parts || total != Some(from[at]) || lengths.contains(&0) {
            return Err(node
                .unsupported(format!("{lengths:?} does not split {}", from[at]))
                .into());
        }
        let outputs: Vec<&str> = node.outputs.iter().map(String::as_str).collect();
        self.splitted(node, &source, &outputs, at, &lengths)
    }

    fn splitted(
        &mut self,
        node: &Node,
        source: &str,
        outputs: &[&str],
        at: usize,
        lengths: &[usize],
    ) -> Step {
        let mut shape = self.shape_of(source)?.to_vec();
        let stated = self.constant(outputs[0], "lengths", Tensor::ints(signed(lengths)));
        for (output, &length) in outputs.iter().zip(lengths) {
            shape[at] = length;
            self.shapes.insert((*output).to_owned(), shape.clone());
        }
        shape[at] = lengths[0];
        let spelled = Node::new(&node.name, "Split", &[source, &stated], outputs)
            .with("axis", Attribute::Int(signed(&[at])[0]));
        self.push(spelled, shape)
    }

    /// Whole ranges become parts of a `Split`; steps stay a `Slice`.
    pub(super) fn slice(&mut self, node: &Node) -> Step {
        let (mut source, from) = self.input(node, 0)?;
        let missing = || node.unsupported("its bounds are missing");
        let starts = self.ints(node, "starts", 1)?.ok_or_else(missing)?;
        let ends = self.ints(node, "ends", 2)?.ok_or_else(missing)?;
        let count = i64::try_from(starts.len()).unwrap_or(i64::MAX);
        let axes = self.ints(node, "axes", 3)?.unwrap_or_else(|| (0..count).collect());
        let steps = self.ints(node, "steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
            return Err(node.unsupported("its bounds do not fit together").into());
        }
        let mut ranges = Vec::with_capacity(axes.len());
        for at in 0..axes.len() {
            let along = axis(node, axes[at], from.len())?;
            let length = signed(&from)[along];
            let clamp = |value: i64| {
                (if value < 0 { value.saturating_add(length) } else { value }).clamp(0, length)
            };
            let step = size(node, steps[at])?;
            let (start, end) = (size(node, clamp(starts[at]))?, size(node, clamp(ends[at]))?);
            if step == 0 || end <= start {
                return Err(node.unsupported("a range that is empty or runs backwards").into());
            }
            ranges.push((along, start, end, step));
        }
        let last = ranges.len();
        if last == 0 {
            return self.identity(node);
        }
        for (at, &(along, start, end, step)) in ranges.iter().enumerate() {
            let output = &node.outputs[0];
            let part = if at + 1 == last {
                output.clone()
            } else {
                self.fresh(output, &format!("axis{along}"))
            };
            self.range(node, &source, &part, (along, start, end, step))?;
            source = part;
        }
        Ok(())
    }

    fn range(
        &mut self,
        node: &Node,
        source: &str,
        output: &str,
        (along, start, end, step): (usize, usize, usize, usize),
    ) -> Step {
        let mut shape = self.shape_of(source)?.to_vec();
        let length = shape[along];
        if step == 1 && (start, end) != (0, length) {
            let (before, after) = (self.fresh(output, "before"), self.fresh(output, "after"));
            let pieces = [(before.as_str(), start), (output, end - start), (&after, length - end)];
            let pieces: Vec<_> = pieces.into_iter().filter(|(_, length)| *length > 0).collect();
            let outputs: Vec<&str> = pieces.iter().map(|(name, _)| *name).collect();
            let lengths: Vec<usize> = pieces.iter().map(|(_, length)| *length).collect();
            return self.splitted(node, source, &outputs, along, &lengths);
        }
        shape[along] = (end - start).div_ceil(step);
        let bounds = [start, end, along, step].map(|value| Tensor::ints(signed(&[value])));
        let mut inputs = vec![source.to_owned()];
        for (what, bound) in ["start", "end", "along", "step"].iter().zip(bounds) {
            inputs.push(self.constant(output, what, bound));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.push(Node::new(&node.name, "Slice", &inputs, &[output]), shape)
    }

    pub(super) fn transpose(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let order: Vec<usize> = match node.ints("perm") {
            Some(perm) => {
                perm.iter().map(|&at| axis(node, at, from.len())).collect::<Result<_, _>>()?
            }
            None => (0..from.len()).rev().collect(),
        };
        if (0..from.len()).any(|at| order.iter().filter(|&&axis| axis == at).count() != 1) {
            return Err(node.unsupported(format!("{order:?} is no order of its axes")).into());
        }
        let shape = order.iter().map(|&at| from[at]).collect();
        let spelled = Node::new(&node.name, "Transpose", &[&source], &[&node.outputs[0]])
            .with("perm", Attribute::Ints(signed(&order)));
        self.push(spelled, shape)
    }

    pub(super) fn pad(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let mode = node.text("mode", "constant");
        if mode != "constant" || node.input(3).is_some() {
            return Err(node.unsupported(format!("mode '{mode}' or chosen axes")).into());
        }
        let pads = self.ints(node, "pads", 1)?.unwrap_or_default();
        let pads = pads.into_iter().map(|pad| size(node, pad)).collect::<Result<Vec<_>, _>>()?;
        if pads.len() != 2 * from.len() {
            return Err(node.unsupported("not two pads for each axis").into());
        }
        let value = match node.input(2) {
            Some(_) => *self
                .floats(node, 2)?
                .1
                .first()
                .ok_or_else(|| node.unsupported("its value is empty"))?,
            None => node.float("value", 0.0),
        };
        let output = &node.outputs[0];
        let shape = padded(output, &from, &pads)?;
        let stated = self.constant(output, "pads", Tensor::ints(signed(&pads)));
        let mut inputs = vec![source.as_str(), &stated];
        let value_name;
        if value != 0.0 {
            value_name = self.constant(output, "value", Tensor::floats(&[], vec![value]));
            inputs.push(&value_name);
        }
        self.push(Node::new(&node.name, "Pad", &inputs, &[output]), shape)
    }
}

fn padded(name: &str, from: &[usize], pads: &[usize]) -> Result<Vec<usize>, ModelError> {
    let rank = from.len();
    let shape: Vec<usize> = (0..rank)
        .map(|at| from[at].saturating_add(pads[at]).saturating_add(pads[at + rank]))
        .collect();
    elements(name, &shape)?;
    Ok(shape)
}
