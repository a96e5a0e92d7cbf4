//! ONNX files: reads them, converts them to the one canonical form that all
//! engines get, and writes that form. Nothing here runs a network.

pub mod canonical;
pub mod error;
pub mod graph;
pub mod proto;
pub mod read;
mod write;

pub use canonical::Canonical;
pub use error::{ModelError, Unsupported};
pub use graph::{Graph, Tensor};
