//! Writes a canonical network as `.onnx` bytes for the engines. They parse only
//! what is written here, never a file from outside.

use prost::Message;

use crate::canonical::{Canonical, OPSET};
use crate::graph::{Attribute, Data, Node, Tensor};
use crate::proto::{self, AttributeKind};

/// The container version that goes with [`OPSET`].
const IR_VERSION: i64 = 7;

impl Canonical {
    /// The network as a file with every shape stated.
    pub fn to_bytes(&self) -> Vec<u8> {
        let info = |name: &String| {
            let shape = self.shapes.get(name).map(Vec::as_slice).unwrap_or_default();
            value_info(name, shape)
        };
        let mut constants: Vec<_> = self.constants.iter().collect();
        constants.sort_by_key(|(name, _)| *name);
        let between = self.nodes.iter().flat_map(|node| &node.outputs);
        let graph = proto::Graph {
            node: self.nodes.iter().map(write_node).collect(),
            name: "munjigi".to_owned(),
            initializer: constants
                .iter()
                .map(|(name, tensor)| write_tensor(name, tensor))
                .collect(),
            input: self.inputs.iter().map(info).collect(),
            output: self.outputs.iter().map(info).collect(),
            value_info: between.filter(|name| !self.outputs.contains(name)).map(info).collect(),
        };
        proto::Model {
            ir_version: IR_VERSION,
            producer_name: "munjigi".to_owned(),
            graph: Some(graph),
            opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPSET }],
            functions: Vec::new(),
        }
        .encode_to_vec()
    }
}

fn dimensions(shape: &[usize]) -> Vec<i64> {
    // Lossless: a shape has at most `MAX_ELEMENTS` elements.
    shape.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect()
}

fn value_info(name: &str, shape: &[usize]) -> proto::ValueInfo {
    let dim = dimensions(shape)
        .into_iter()
        .map(|size| proto::Dimension { value: Some(size), parameter: None })
        .collect();
    let tensor = proto::TensorType { elem_type: proto::FLOAT, shape: Some(proto::Shape { dim }) };
    proto::ValueInfo {
        name: name.to_owned(),
        kind: Some(proto::ValueType { tensor: Some(tensor) }),
    }
}

fn write_node(node: &Node) -> proto::Node {
    proto::Node {
        input: node.inputs.clone(),
        output: node.outputs.clone(),
        name: node.name.clone(),
        op_type: node.op.clone(),
        attribute: node
            .attributes
            .iter()
            .map(|(name, value)| write_attribute(name, value))
            .collect(),
        domain: String::new(),
    }
}

fn write_attribute(name: &str, value: &Attribute) -> proto::Attribute {
    let mut written = proto::Attribute { name: name.to_owned(), ..Default::default() };
    let kind = match value {
        Attribute::Float(value) => {
            written.f = *value;
            AttributeKind::Float
        }
        Attribute::Int(value) => {
            written.i = *value;
            AttributeKind::Int
        }
        Attribute::Text(value) => {
            written.s = value.clone().into_bytes();
            AttributeKind::String
        }
        Attribute::Floats(value) => {
            written.floats.clone_from(value);
            AttributeKind::Floats
        }
        Attribute::Ints(value) => {
            written.ints.clone_from(value);
            AttributeKind::Ints
        }
        Attribute::Tensor(value) => {
            written.t = Some(write_tensor("", value));
            AttributeKind::Tensor
        }
    };
    written.kind = kind.into();
    written
}

fn write_tensor(name: &str, tensor: &Tensor) -> proto::Tensor {
    let (data_type, raw_data) = match &tensor.data {
        Data::Float(data) => (proto::FLOAT, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Data::Int(data) => (proto::INT64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
    };
    proto::Tensor {
        dims: dimensions(&tensor.shape),
        data_type,
        name: name.to_owned(),
        raw_data,
        ..Default::default()
    }
}
