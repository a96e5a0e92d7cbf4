//! `Reshape`, and what is spelled as one: `Flatten`, `Squeeze`, `Unsqueeze`.

use super::{Builder, Step, axis, signed, size};
use crate::error::ModelError;
use crate::graph::{Node, Tensor};

impl Builder {
    pub(super) fn reshape(&mut self, node: &Node) -> Step {
        let (source, from) = self.input(node, 0)?;
        let to = match node.op.as_str() {
            "Flatten" => {
                // An axis equal to the rank is allowed: everything before it.
                let count = from.len();
                let at = match node.int("axis", 1) {
                    all if usize::try_from(all) == Ok(count) => count,
                    within => axis(node, within, count)?,
                };
                vec![from[..at].iter().product(), from[at..].iter().product()]
            }
            "Squeeze" => self.squeezed(node, &from)?,
            "Unsqueeze" => self.unsqueezed(node, &from)?,
            _ => self.asked(node, &from)?,
        };
        self.reshaped(node, &source, &to)
    }

    /// Adds a `Reshape` that writes the node's first output.
    pub(super) fn reshaped(&mut self, node: &Node, source: &str, to: &[usize]) -> Step {
        let output = &node.outputs[0];
        let shape = self.constant(output, "shape", Tensor::ints(signed(to)));
        self.push(Node::new(&node.name, "Reshape", &[source, &shape], &[output]), to.to_vec())
    }

    fn squeezed(&self, node: &Node, from: &[usize]) -> Result<Vec<usize>, ModelError> {
        let Some(axes) = self.ints(node, "axes", 1)? else {
            return Ok(from.iter().copied().filter(|&size| size != 1).collect());
        };
        let axes =
            axes.into_iter().map(|at| axis(node, at, from.len())).collect::<Result<Vec<_>, _>>()?;
        if let Some(&at) = axes.iter().find(|&&at| from[at] != 1) {
            return Err(node.unsupported(format!("dimension {at} is {}, not 1", from[at])).into());
        }
        let kept = from.iter().enumerate().filter(|(at, _)| !axes.contains(at));
        Ok(kept.map(|(_, &size)| size).collect())
    }

    fn unsqueezed(&self, node: &Node, from: &[usize]) -> Result<Vec<usize>, ModelError> {
        let axes = self.ints(node, "axes", 1)?.unwrap_or_default();
        let rank = from.len() + axes.len();
        let axes =
            axes.into_iter().map(|at| axis(node, at, rank)).collect::<Result<Vec<_>, _>>()?;
        let mut rest = from.iter().copied();
        Ok((0..rank)
            .map(|at| if axes.contains(&at) { 1 } else { rest.next().unwrap_or(1) })
            .collect())
    }

    /// The shape that a `Reshape` requests, with 0, -1 and the batch resolved.
    fn asked(&self, node: &Node, from: &[usize]) -> Result<Vec<usize>, ModelError> {
        let asked =
            self.ints(node, "shape", 1)?.ok_or_else(|| node.unsupported("no shape is given"))?;
        let total: usize = from.iter().product();
        let keeps_zero = node.int("allowzero", 0) != 0;
        let mut to = Vec::with_capacity(asked.len());
        let mut rest = None;
        for (at, &value) in asked.iter().enumerate() {
            to.push(match value {
                0 if !keeps_zero => *from
                    .get(at)
                    .ok_or_else(|| node.unsupported("it copies a dimension that is not there"))?,
                -1 if rest.is_none() => {
                    rest = Some(at);
                    1
                }
                _ => size(node, value)?,
            });
        }
        let product = |to: &[usize]| to.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
        let fits =
            |to: &[usize]| product(to).is_some_and(|all| all > 0 && total.is_multiple_of(all));
        // A file exported for one sample may say 1 where it means the batch.
        // With a -1 further back both readings fit; the batch always comes
        // first.
        let names_one = to.first() == Some(&1) && asked.first() == Some(&1);
        let leads = from.first() == Some(&self.batch);
        if names_one && leads && (rest.is_some() || product(&to) != Some(total)) {
            to[0] = self.batch;
        }
        if let Some(at) = rest.filter(|_| fits(&to)) {
            to[at] = total / product(&to).unwrap_or(1);
        }
        if product(&to) != Some(total) {
            return Err(node.unsupported(format!("{from:?} does not fill {asked:?}")).into());
        }
        Ok(to)
    }
}
