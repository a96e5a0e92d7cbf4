//! The canonical form: one spelling of each operation at a fixed batch size,
//! with every shape and parameter stated, so that each engine computes the same
//! thing and none falls back on a default of its own.
//!
//! One pass in the file's order: each node is folded into a constant, spelled
//! as one or more canonical nodes, or refused by name. The operators live in
//! the modules below; `engine::allow` decides whether an engine computes the
//! result correctly.

mod activation;
mod arrange;
mod convolution;
mod fold;
mod linear;
mod pool;
mod reshape;
mod resize;

use std::collections::{HashMap, HashSet};

use crate::error::{ModelError, Unsupported};
use crate::graph::{Dimension, Graph, Node, Tensor, elements};

/// The operator set that canonical nodes are written in.
pub const OPSET: i64 = 13;

/// A network in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct Canonical {
    /// The size of every input's first dimension.
    pub batch: usize,
    /// Names of the inputs, in the file's order.
    pub inputs: Vec<String>,
    /// Names of the outputs, in the file's order.
    pub outputs: Vec<String>,
    /// Canonical nodes, each after those it reads from.
    pub nodes: Vec<Node>,
    /// Values known before the network runs.
    pub constants: HashMap<String, Tensor>,
    /// The shape of every input and of every node's output.
    pub shapes: HashMap<String, Vec<usize>>,
}

impl Canonical {
    /// Rewrites a network for `batch` samples at once.
    ///
    /// The first dimension of each input is the batch: free or 1 in the file.
    pub fn new(graph: &Graph, batch: usize) -> Result<Self, ModelError> {
        let mut builder = Builder::new(graph, batch)?;
        for node in &graph.nodes {
            builder.node(node)?;
        }
        builder.finish(&graph.outputs)
    }

    /// The same network with other outputs; nodes that they do not need are
    /// left out.
    #[must_use]
    pub fn with_outputs(&self, outputs: &[String]) -> Self {
        let mut needed: HashSet<&str> = outputs.iter().map(String::as_str).collect();
        let mut nodes: Vec<_> = self
            .nodes
            .iter()
            .rev()
            .filter(|node| {
                let wanted = node.outputs.iter().any(|name| needed.contains(name.as_str()));
                if wanted {
                    needed.extend(node.inputs.iter().map(String::as_str));
                }
                wanted
            })
            .cloned()
            .collect();
        nodes.reverse();
        let constants = self.constants.iter().filter(|(name, _)| needed.contains(name.as_str()));
        let constants = constants.map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        Self {
            batch: self.batch,
            inputs: self
                .inputs
                .iter()
                .filter(|name| needed.contains(name.as_str()))
                .cloned()
                .collect(),
            outputs: outputs.to_vec(),
            nodes,
            constants,
            shapes: self.shapes.clone(),
        }
    }
}

/// The canonical form under construction.
struct Builder {
    opset: i64,
    batch: usize,
    inputs: Vec<String>,
    nodes: Vec<Node>,
    constants: HashMap<String, Tensor>,
    shapes: HashMap<String, Vec<usize>>,
    /// Values that are aliases of another value.
    renamed: HashMap<String, String>,
    /// How often the file reads each value; outputs count.
    uses: HashMap<String, usize>,
}

type Step = Result<(), ModelError>;

impl Builder {
    fn new(graph: &Graph, batch: usize) -> Result<Self, ModelError> {
        let mut shapes = HashMap::new();
        for input in &graph.inputs {
            let shape = input
                .dimensions
                .iter()
                .enumerate()
                .map(|(axis, dimension)| match dimension {
                    Dimension::Free | Dimension::Fixed(1) if axis == 0 => Ok(batch),
                    Dimension::Fixed(size) if axis > 0 || *size == batch => Ok(*size),
                    _ => Err(ModelError::ShapeUnknown(input.name.clone())),
                })
                .collect::<Result<Vec<_>, _>>()?;
            elements(&input.name, &shape)?;
            shapes.insert(input.name.clone(), shape);
        }
        let mut uses: HashMap<String, usize> = HashMap::new();
        for name in graph.nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        Ok(Self {
            opset: graph.opset,
            batch,
            inputs: graph.inputs.iter().map(|input| input.name.clone()).collect(),
            nodes: Vec::with_capacity(graph.nodes.len()),
            constants: graph.constants.clone(),
            shapes,
            renamed: HashMap::new(),
            uses,
        })
    }

    /// Spells one node of the file.
    fn node(&mut self, node: &Node) -> Step {
        let mut node = node.clone();
        for input in &mut node.inputs {
            if let Some(name) = self.renamed.get(input) {
                input.clone_from(name);
            }
        }
        if self.fold(&node)? {
            return Ok(());
        }
        match node.op.as_str() {
            "Identity" | "Dropout" => self.identity(&node),
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => self.reshape(&node),
            "Conv" => self.convolution(&node),
            "ConvTranspose" => self.transposed_convolution(&node),
            "BatchNormalization" => self.batch_normalization(&node),
            "InstanceNormalization" => self.instance_normalization(&node),
            "MaxPool" | "AveragePool" => self.pool(&node),
            "GlobalAveragePool" | "GlobalMaxPool" => self.global_pool(&node),
            "ReduceMean" => self.mean(&node),
            "Gemm" => self.gemm(&node),
            "MatMul" => self.matmul(&node),
            "Softmax" => self.softmax(&node),
            "Clip" => self.clip(&node),
            "Concat" => self.concat(&node),
            "Split" => self.split(&node),
            "Slice" => self.slice(&node),
            "Transpose" => self.transpose(&node),
            "Pad" => self.pad(&node),
            "Resize" => self.resize(&node),
            "HardSigmoid" | "HardSwish" | "Mish" | "Softplus" => self.composed(&node),
            _ => self.elementwise(&node),
        }
    }

    /// Gives the outputs the names that they have in the file.
    fn finish(mut self, outputs: &[String]) -> Result<Canonical, ModelError> {
        for name in outputs {
            let source = self.renamed.get(name).unwrap_or(name).clone();
            let nothing = if self.constants.contains_key(&source) {
                Some("does not depend on the input")
            } else {
                self.inputs.contains(name).then_some("is the input itself")
            };
            if let Some(reason) = nothing {
                let (node, op) = (name.clone(), "output".to_owned());
                return Err(Unsupported { node, op, reason: reason.to_owned() }.into());
            }
            // An output must be written by a node, under its own name.
            if source != *name {
                let shape = self.shape_of(&source)?.to_vec();
                let node = Node::new(name, "Identity", &[&source], &[name]);
                self.reshaped(&node, &source, &shape)?;
            }
        }
        let canonical = Canonical {
            batch: self.batch,
            inputs: self.inputs,
            outputs: outputs.to_vec(),
            nodes: self.nodes,
            constants: self.constants,
            shapes: self.shapes,
        };
        Ok(canonical.with_outputs(outputs))
    }

    /// Adds a node with one output of this shape.
    fn push(&mut self, node: Node, shape: Vec<usize>) -> Step {
        let Some(output) = node.outputs.first().cloned() else {
            return Err(node.unsupported("it has no output").into());
        };
        elements(&output, &shape)?;
        if shape.contains(&0) {
            return Err(node.unsupported(format!("its output {shape:?} is empty")).into());
        }
        if let Some(input) = node.inputs.iter().find(|name| self.is_misplaced_int(&node, name)) {
            return Err(node.unsupported(format!("input '{input}' holds integers")).into());
        }
        self.shapes.insert(output, shape);
        self.nodes.push(node);
        Ok(())
    }

    /// Whether an integer tensor is used as data: integers may be parameters
    /// only.
    fn is_misplaced_int(&self, node: &Node, name: &str) -> bool {
        let says_how = matches!(node.op.as_str(), "Reshape" | "Split" | "Pad" | "Resize" | "Slice");
        let is_int = self.constants.get(name).is_some_and(|tensor| tensor.as_ints().is_some());
        is_int && !(says_how && node.inputs.first().is_some_and(|first| first != name))
    }

    /// Adds a constant under a new name and returns the name.
    fn constant(&mut self, of: &str, what: &str, tensor: Tensor) -> String {
        let name = self.fresh(of, what);
        self.constants.insert(name.clone(), tensor);
        name
    }

    /// A name that no value has.
    fn fresh(&self, of: &str, what: &str) -> String {
        let mut name = format!("{of}/{what}");
        while self.constants.contains_key(&name) || self.shapes.contains_key(&name) {
            name.push('\'');
        }
        name
    }

    /// The shape of a value, constants included.
    fn shape_of(&self, name: &str) -> Result<&[usize], ModelError> {
        let shape = self.shapes.get(name).or_else(|| self.constants.get(name).map(|c| &c.shape));
        shape.map(Vec::as_slice).ok_or_else(|| ModelError::ShapeUnknown(name.to_owned()))
    }

    /// The name and shape of a required input.
    fn input(&self, node: &Node, index: usize) -> Result<(String, Vec<usize>), ModelError> {
        let name = node
            .input(index)
            .ok_or_else(|| node.unsupported(format!("input {index} is missing")))?;
        Ok((name.to_owned(), self.shape_of(name)?.to_vec()))
    }

    /// Integer parameters: an input, or an attribute before opset `since`.
    fn ints(
        &self,
        node: &Node,
        attribute: &str,
        index: usize,
    ) -> Result<Option<Vec<i64>>, ModelError> {
        if let Some(values) = node.ints(attribute) {
            return Ok(Some(values.to_vec()));
        }
        let Some(name) = node.input(index) else { return Ok(None) };
        let values = self.constants.get(name).and_then(Tensor::as_ints);
        let refusal = || node.unsupported(format!("'{attribute}' is no constant list of integers"));
        values.map(|values| Some(values.to_vec())).ok_or_else(|| refusal().into())
    }

    /// Required constant floats.
    fn floats(&self, node: &Node, index: usize) -> Result<(&Tensor, &[f32]), ModelError> {
        let tensor = node.input(index).and_then(|name| self.constants.get(name));
        tensor.and_then(|tensor| tensor.as_floats().map(|data| (tensor, data))).ok_or_else(|| {
            node.unsupported(format!("input {index} is no constant of floats")).into()
        })
    }
}

/// An axis counted from the front.
fn axis(node: &Node, axis: i64, rank: usize) -> Result<usize, ModelError> {
    let rank_signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let counted = if axis < 0 { axis + rank_signed } else { axis };
    usize::try_from(counted)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| node.unsupported(format!("axis {axis} of {rank}")).into())
}

/// A size from a file's integer.
fn size(node: &Node, value: i64) -> Result<usize, ModelError> {
    usize::try_from(value).map_err(|_| node.unsupported(format!("negative size {value}")).into())
}

/// Sizes as a file's integers.
fn signed(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect()
}
