//! A network as Munjigi works with it: nodes, constants and shapes by name.
//! `read` checks what a file may contain; `canonical` and `shape` define what
//! the operators mean.

use std::collections::{BTreeMap, HashMap};

use crate::error::{ModelError, Unsupported};

/// Most elements that one tensor may have: 2²⁷, that is 512 MiB of floats.
/// Picture networks have no larger ones, and a shape costs its sender nothing.
pub const MAX_ELEMENTS: usize = 1 << 27;

/// Dense numbers in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// Exactly as many numbers as the shape says.
    pub data: Data,
}

/// The numbers of a [`Tensor`].
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Float(Vec<f32>),
    /// Shapes, axes and indices; constants only.
    Int(Vec<i64>),
}

impl Tensor {
    /// A tensor of floats.
    ///
    /// # Panics
    /// When the shape and the number of floats differ.
    pub fn floats(shape: &[usize], data: Vec<f32>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "a tensor is as long as its shape");
        Self { shape: shape.to_vec(), data: Data::Float(data) }
    }

    pub fn ints(data: Vec<i64>) -> Self {
        Self { shape: vec![data.len()], data: Data::Int(data) }
    }

    /// The floats; `None` if it holds integers.
    pub fn as_floats(&self) -> Option<&[f32]> {
        if let Data::Float(data) = &self.data { Some(data) } else { None }
    }

    /// The integers; `None` if it holds floats.
    pub fn as_ints(&self) -> Option<&[i64]> {
        if let Data::Int(data) = &self.data { Some(data) } else { None }
    }
}

/// A parameter of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Float(f32),
    Int(i64),
    Text(String),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
    Tensor(Tensor),
}

/// An operator and the names of the values it reads and writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name in the file, or that of its first output if it has none.
    pub name: String,
    /// `Conv`, `Relu`, …
    pub op: String,
    /// An empty name is an optional input left out.
    pub inputs: Vec<String>,
    /// Never empty.
    pub outputs: Vec<String>,
    /// Parameters by name.
    pub attributes: BTreeMap<String, Attribute>,
}

impl Node {
    /// A node without parameters.
    pub fn new(name: &str, op: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            op: op.to_owned(),
            inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
            outputs: outputs.iter().map(|&name| name.to_owned()).collect(),
            attributes: BTreeMap::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: Attribute) -> Self {
        self.attributes.insert(name.to_owned(), value);
        self
    }

    /// The name of an input; `None` if it is left out.
    pub fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// An integer parameter or its default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        if let Some(Attribute::Int(value)) = self.attributes.get(name) { *value } else { default }
    }

    /// A float parameter or its default.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        if let Some(Attribute::Float(value)) = self.attributes.get(name) { *value } else { default }
    }

    /// A word or its default.
    pub fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        if let Some(Attribute::Text(value)) = self.attributes.get(name) { value } else { default }
    }

    /// A list of integers, if it is given.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        if let Some(Attribute::Ints(value)) = self.attributes.get(name) {
            Some(value)
        } else {
            None
        }
    }

    /// The error that this node cannot be computed, and why.
    pub fn unsupported(&self, reason: impl Into<String>) -> Unsupported {
        Unsupported { node: self.name.clone(), op: self.op.clone(), reason: reason.into() }
    }
}

/// One dimension of an input as the file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    Fixed(usize),
    /// A named or unstated dimension: any size.
    Free,
}

/// An input of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    /// Its shape as the file states it.
    pub dimensions: Vec<Dimension>,
}

/// A network as read from a file: nodes in topological order.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Version of ONNX's operator set.
    pub opset: i64,
    /// Inputs that the caller provides; all floats.
    pub inputs: Vec<Input>,
    /// Names of the requested values.
    pub outputs: Vec<String>,
    /// Operators, each after those it reads from.
    pub nodes: Vec<Node>,
    /// Values known before the network runs.
    pub constants: HashMap<String, Tensor>,
}

/// The number of elements of a shape.
///
/// # Errors
/// [`ModelError::ShapeTooLarge`] beyond [`MAX_ELEMENTS`].
pub fn elements(value: &str, shape: &[usize]) -> Result<usize, ModelError> {
    shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .filter(|&count| count <= MAX_ELEMENTS)
        .ok_or_else(|| ModelError::ShapeTooLarge { value: value.to_owned(), shape: shape.to_vec() })
}
