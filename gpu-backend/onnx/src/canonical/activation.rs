//! Operations on single numbers or pairs of numbers.

use super::linear::broadcast;
use super::{Builder, Step};
use crate::error::ModelError;
use crate::graph::{Attribute, Node, Tensor};

/// Operators with one input and no parameters.
const PLAIN: [&str; 11] =
    ["Relu", "Sigmoid", "Tanh", "Exp", "Sqrt", "Abs", "Neg", "Floor", "Sin", "Erf", "Log"];

impl Builder {
    /// Everything that has no module of its own, or a refusal.
    pub(super) fn elementwise(&mut self, node: &Node) -> Step {
        let output = node.outputs[0].as_str();
        match node.op.as_str() {
            op if PLAIN.contains(&op) => {
                let (source, shape) = self.input(node, 0)?;
                self.push(Node::new(&node.name, op, &[&source], &[output]), shape)
            }
            op @ ("LeakyRelu" | "Elu") => {
                let (source, shape) = self.input(node, 0)?;
                let alpha = node.float("alpha", if op == "Elu" { 1.0 } else { 0.01 });
                let spelled = Node::new(&node.name, op, &[&source], &[output])
                    .with("alpha", Attribute::Float(alpha));
                self.push(spelled, shape)
            }
            op @ ("Add" | "Sub" | "Mul" | "Div" | "Pow" | "PRelu" | "Max" | "Min") => {
                if node.inputs.len() != 2 {
                    return Err(node.unsupported("two inputs are needed").into());
                }
                let ((left, left_shape), (right, right_shape)) =
                    (self.input(node, 0)?, self.input(node, 1)?);
                let shape = broadcast(node, &left_shape, &right_shape)?;
                let is_square =
                    op == "Pow" && self.floats(node, 1).is_ok_and(|(_, by)| by == [2.0]);
                if is_square && shape == left_shape {
                    return self
                        .push(Node::new(&node.name, "Mul", &[&left, &left], &[output]), shape);
                }
                self.push(Node::new(&node.name, op, &[&left, &right], &[output]), shape)
            }
            _ => Err(node.unsupported("this operator is not known").into()),
        }
    }

    /// `Clip` with both bounds as constants, wherever the file states them.
    pub(super) fn clip(&mut self, node: &Node) -> Step {
        let (source, shape) = self.input(node, 0)?;
        let mut bounds = [node.float("min", f32::MIN), node.float("max", f32::MAX)];
        for (at, bound) in bounds.iter_mut().enumerate() {
            if node.input(at + 1).is_some() {
                let [value] = self.floats(node, at + 1)?.1 else {
                    return Err(node.unsupported("a bound is more than one number").into());
                };
                *bound = *value;
            }
        }
        self.clipped(node, &source, &node.outputs[0], bounds, shape)
    }

    fn clipped(
        &mut self,
        node: &Node,
        source: &str,
        output: &str,
        bounds: [f32; 2],
        shape: Vec<usize>,
    ) -> Step {
        let [least, most] = bounds.map(|bound| Tensor::floats(&[], vec![bound]));
        let least = self.constant(output, "least", least);
        let most = self.constant(output, "most", most);
        self.push(Node::new(&node.name, "Clip", &[source, &least, &most], &[output]), shape)
    }

    /// Operators that are shorthand for others.
    pub(super) fn composed(&mut self, node: &Node) -> Step {
        let (source, shape) = self.input(node, 0)?;
        let output = node.outputs[0].as_str();
        match node.op.as_str() {
            "HardSigmoid" => {
                let line = [node.float("alpha", 0.2), node.float("beta", 0.5)];
                self.hard_sigmoid(node, &source, output, line)
            }
            "HardSwish" => {
                let gate = self.fresh(output, "gate");
                self.hard_sigmoid(node, &source, &gate, [1.0 / 6.0, 0.5])?;
                self.push(Node::new(&node.name, "Mul", &[&source, &gate], &[output]), shape)
            }
            // The usual formula overflows beyond 88, on the CPU engine too.
            "Softplus" => {
                let steps = ["size", "below", "power", "sum", "log", "above"];
                let [size, below, power, sum, log, above] =
                    steps.map(|what| self.fresh(output, what));
                let one = self.constant(output, "one", Tensor::floats(&[1], vec![1.0]));
                let spelling: [(&str, &[&str], &str); 7] = [
                    ("Abs", &[&source], &size),
                    ("Neg", &[&size], &below),
                    ("Exp", &[&below], &power),
                    ("Add", &[&power, &one], &sum),
                    ("Log", &[&sum], &log),
                    ("Relu", &[&source], &above),
                    ("Add", &[&above, &log], output),
                ];
                for (op, inputs, output) in spelling {
                    self.push(Node::new(&node.name, op, inputs, &[output]), shape.clone())?;
                }
                Ok(())
            }
            // Saturates where `Softplus` overflows: the gate is 1 then.
            _ => {
                let (soft, gate) = (self.fresh(output, "soft"), self.fresh(output, "gate"));
                self.push(Node::new(&node.name, "Softplus", &[&source], &[&soft]), shape.clone())?;
                self.push(Node::new(&node.name, "Tanh", &[&soft], &[&gate]), shape.clone())?;
                self.push(Node::new(&node.name, "Mul", &[&source, &gate], &[output]), shape)
            }
        }
    }

    /// `clip(slope · x + offset, 0, 1)`.
    fn hard_sigmoid(
        &mut self,
        node: &Node,
        source: &str,
        output: &str,
        [slope, offset]: [f32; 2],
    ) -> Result<(), ModelError> {
        let shape = self.shape_of(source)?.to_vec();
        let slope = self.constant(output, "slope", Tensor::floats(&[1], vec![slope]));
        let offset = self.constant(output, "offset", Tensor::floats(&[1], vec![offset]));
        let (scaled, line) = (self.fresh(output, "scaled"), self.fresh(output, "line"));
        let name = &node.name;
        self.push(Node::new(name, "Mul", &[source, &slope], &[&scaled]), shape.clone())?;
        self.push(Node::new(name, "Add", &[&scaled, &offset], &[&line]), shape.clone())?;
        self.clipped(node, &line, output, [0.0, 1.0], shape)
    }
}
