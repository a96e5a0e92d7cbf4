//! The part of ONNX's protobuf schema that Munjigi reads and writes, with the
//! field numbers of `onnx.proto` in ONNX 1.16. Unknown fields are skipped on
//! reading and not written again. `read` decides what the fields mean.
//!
//! Repeated numbers are written unpacked: the CPU engine's parser expects what
//! ONNX's own tools (proto2) write. Reading accepts both.

use prost::{Enumeration, Message};

/// A whole `.onnx` file.
#[derive(Clone, PartialEq, Message)]
pub struct Model {
    /// Version of the container, not of the operators.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// The program that wrote the file.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    /// Operator sets and their versions.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
    /// Functions made of operators, local to the file.
    #[prost(message, repeated, tag = "25")]
    pub functions: Vec<Function>,
}

/// Only its presence matters: files with functions are refused.
#[derive(Clone, PartialEq, Message)]
pub struct Function {
    #[prost(string, tag = "1")]
    pub name: String,
}

/// One operator set.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct OperatorSet {
    /// Empty or `ai.onnx` for ONNX's own.
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// The network: nodes in topological order, constants, inputs, outputs.
#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    /// Inputs; old files list constants here too.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
    /// Shapes of intermediate values.
    #[prost(message, repeated, tag = "13")]
    pub value_info: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    /// Names of values; an empty name is an optional input left out.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Names of values.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Optional, not always unique.
    #[prost(string, tag = "3")]
    pub name: String,
    /// `Conv`, `Relu`, …
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    /// Empty or `ai.onnx` for ONNX's own.
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// One parameter of a node.
#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    /// For kind `FLOAT`.
    #[prost(float, tag = "2")]
    pub f: f32,
    /// For kind `INT`.
    #[prost(int64, tag = "3")]
    pub i: i64,
    /// For kind `STRING`.
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    /// For kind `TENSOR`.
    #[prost(message, optional, tag = "5")]
    pub t: Option<Tensor>,
    /// For kind `FLOATS`.
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub floats: Vec<f32>,
    /// For kind `INTS`.
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    /// The kind that says which field is valid.
    #[prost(enumeration = "AttributeKind", tag = "20")]
    pub kind: i32,
}

/// Which field of an [`Attribute`] is valid. Others (graphs, sparse tensors,
/// lists of strings) are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum AttributeKind {
    /// Not stated, as in very old files.
    Undefined = 0,
    /// `f`
    Float = 1,
    /// `i`
    Int = 2,
    /// `s`
    String = 3,
    /// `t`
    Tensor = 4,
    /// `floats`
    Floats = 6,
    /// `ints`
    Ints = 7,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    /// Its shape; empty for a single number.
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    /// See [`FLOAT`] and the constants below it.
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// The numbers, unless they are in `raw_data`.
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    /// The numbers, unless they are in `raw_data`.
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    /// Numbers, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    /// 1 when the numbers are in another file.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// `data_type` of 32-bit floats.
pub const FLOAT: i32 = 1;
/// `data_type` of bytes from 0 to 255.
pub const UINT8: i32 = 2;
/// `data_type` of bytes from -128 to 127.
pub const INT8: i32 = 3;
/// `data_type` of 64-bit integers.
pub const INT64: i32 = 7;

/// Name, type and shape of a value.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<ValueType>,
}

/// A type; only tensors are supported.
#[derive(Clone, PartialEq, Message)]
pub struct ValueType {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

/// Element type and shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    /// As a [`Tensor`]'s `data_type`.
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Absent when even the rank is unknown.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// A dimension: a number, a name, or unknown.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub value: Option<i64>,
    /// A name such as `batch`.
    #[prost(string, optional, tag = "2")]
    pub parameter: Option<String>,
}
