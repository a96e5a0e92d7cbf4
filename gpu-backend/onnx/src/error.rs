//! What can be wrong with a model file.

use thiserror::Error;

/// A node that an engine, or the canonical form, has no way to compute.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("node '{node}' ({op}): {reason}")]
pub struct Unsupported {
    /// The node's name in the file.
    pub node: String,
    pub op: String,
    /// Why it cannot be computed.
    pub reason: String,
}

/// Why a model is refused. Always the model's fault: a retry does not help.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The bytes are not an ONNX protobuf, or they end too early.
    #[error("not an ONNX file: {0}")]
    Malformed(String),
    /// Larger than [`crate::read::MAX_BYTES`].
    #[error("the file has {bytes} bytes, at most {most} are read")]
    TooLarge { bytes: usize, most: usize },
    /// An operator set other than ONNX's own, or an unsupported version.
    #[error("operator set '{domain}' version {version} is not read")]
    Opset {
        /// The set's name; empty for ONNX's own.
        domain: String,
        version: i64,
    },
    /// Weights in another file.
    #[error("constant '{0}' is kept in another file")]
    ExternalData(String),
    /// A type other than 32-bit floats or 64-bit integers where these are required.
    #[error("'{value}' has data type {data_type}; floats of 32 bits are needed")]
    DataType {
        value: String,
        /// ONNX's number of the type.
        data_type: i32,
    },
    /// An input's shape is not stated, or a dimension other than the first is
    /// free.
    #[error("the shape of '{0}' is not known")]
    ShapeUnknown(String),
    /// More elements than [`crate::graph::MAX_ELEMENTS`].
    #[error("'{value}' would have the shape {shape:?}: too large")]
    ShapeTooLarge { value: String, shape: Vec<usize> },
    /// A value is read before it is written, written twice, or never written.
    #[error("value '{0}' is missing, written twice, or used before it is written")]
    Wiring(String),
    /// A node that no engine can compute.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

impl ModelError {
    /// The stable code for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "model-malformed",
            Self::TooLarge { .. } => "model-too-large",
            Self::Opset { .. } => "model-opset-unsupported",
            Self::ExternalData(_) => "model-external-data",
            Self::DataType { .. } => "model-type-unsupported",
            Self::ShapeUnknown(_) => "model-shape-unknown",
            Self::ShapeTooLarge { .. } => "model-shape-too-large",
            Self::Wiring(_) => "model-wiring-broken",
            Self::Unsupported(_) => "operator-unsupported",
        }
    }
}
