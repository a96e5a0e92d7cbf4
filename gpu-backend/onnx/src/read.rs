//! Reads `.onnx` bytes into a [`Graph`]. Sizes are checked before anything is
//! allocated from them; `canonical` decides what the operators mean.

use std::collections::{BTreeMap, HashMap, HashSet};

use prost::Message;

use crate::error::ModelError;
use crate::graph::{Attribute, Data, Dimension, Graph, Input, Node, Tensor, elements};
use crate::proto::{self, AttributeKind};

/// Largest file that is read, in bytes: 256 MiB.
pub const MAX_BYTES: usize = 256 << 20;
/// Most nodes of a network; YOLO's largest have under 1,000.
const MAX_NODES: usize = 10_000;
/// Most dimensions of a value.
const MAX_RANK: usize = 8;
/// Versions whose operators `canonical` knows.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=21;

impl Graph {
    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > MAX_BYTES {
            return Err(ModelError::TooLarge { bytes: bytes.len(), most: MAX_BYTES });
        }
        let model = proto::Model::decode(bytes)
            .map_err(|error| ModelError::Malformed(error.to_string()))?;
        let opset = opset(&model)?;
        let graph = model.graph.ok_or_else(|| ModelError::Malformed("no graph".to_owned()))?;
        if graph.node.is_empty() || graph.output.is_empty() || graph.node.len() > MAX_NODES {
            return Err(ModelError::Malformed(format!(
                "{} nodes and {} outputs",
                graph.node.len(),
                graph.output.len()
            )));
        }
        let mut constants = HashMap::new();
        for tensor in graph.initializer {
            let name = tensor.name.clone();
            constants.insert(name.clone(), read_tensor(&name, tensor)?);
        }
        let inputs = graph
            .input
            .into_iter()
            .filter(|input| !constants.contains_key(&input.name))
            .map(read_input)
            .collect::<Result<Vec<_>, _>>()?;
        let nodes = graph.node.into_iter().map(read_node).collect::<Result<Vec<_>, _>>()?;
        let outputs = graph.output.into_iter().map(|output| output.name).collect();
        let graph = Self { opset, inputs, outputs, nodes, constants };
        graph.check_wiring()?;
        Ok(graph)
    }

    /// Checks that every value is written once, and before it is read.
    fn check_wiring(&self) -> Result<(), ModelError> {
        let broken = |name: &str| Err(ModelError::Wiring(name.to_owned()));
        let mut known: HashSet<&str> = self.constants.keys().map(String::as_str).collect();
        for input in &self.inputs {
            if input.name.is_empty() || !known.insert(&input.name) {
                return broken(&input.name);
            }
        }
        for node in &self.nodes {
            for input in node.inputs.iter().filter(|name| !name.is_empty()) {
                if !known.contains(input.as_str()) {
                    return broken(input);
                }
            }
            for output in node.outputs.iter().filter(|name| !name.is_empty()) {
                if !known.insert(output) {
                    return broken(output);
                }
            }
        }
        // Each output is taken once: one that is repeated or unknown is
        // missing.
        let missing = self.outputs.iter().find(|name| !known.remove(name.as_str()));
        missing.map_or(Ok(()), |name| broken(name))
    }
}

fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

fn opset(model: &proto::Model) -> Result<i64, ModelError> {
    if let Some(function) = model.functions.first() {
        return Err(ModelError::Malformed(format!("local function '{}'", function.name)));
    }
    // Other sets may be imported if unused; a node that uses one is refused.
    let own = model.opset_import.iter().find(|set| is_onnx(&set.domain));
    let version = own.map_or(0, |set| set.version);
    if !OPSETS.contains(&version) {
        return Err(ModelError::Opset { domain: String::new(), version });
    }
    Ok(version)
}

fn read_input(input: proto::ValueInfo) -> Result<Input, ModelError> {
    let unknown = || ModelError::ShapeUnknown(input.name.clone());
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref()).ok_or_else(unknown)?;
    if tensor.elem_type != proto::FLOAT {
        return Err(ModelError::DataType {
            value: input.name.clone(),
            data_type: tensor.elem_type,
        });
    }
    let shape = tensor.shape.as_ref().ok_or_else(unknown)?;
    if shape.dim.len() > MAX_RANK {
        return Err(unknown());
    }
    let dimensions: Vec<_> = shape
        .dim
        .iter()
        .map(|dimension| match dimension.value.map(usize::try_from) {
            Some(Ok(size)) if size > 0 => Ok(Dimension::Fixed(size)),
            Some(_) => Err(unknown()),
            None => Ok(Dimension::Free),
        })
        .collect::<Result<_, _>>()?;
    let least: Vec<_> = dimensions
        .iter()
        .map(|dimension| if let Dimension::Fixed(size) = dimension { *size } else { 1 })
        .collect();
    elements(&input.name, &least)?;
    Ok(Input { name: input.name, dimensions })
}

fn read_node(node: proto::Node) -> Result<Node, ModelError> {
    let Some(first) = node.output.first().filter(|name| !name.is_empty()) else {
        return Err(ModelError::Malformed(format!("node '{}' has no output", node.name)));
    };
    let name = if node.name.is_empty() { first.clone() } else { node.name };
    if !is_onnx(&node.domain) {
        return Err(ModelError::Opset { domain: node.domain, version: 0 });
    }
    let mut read = Node {
        name,
        op: node.op_type,
        inputs: node.input,
        outputs: node.output,
        attributes: BTreeMap::new(),
    };
    for attribute in node.attribute {
        let name = attribute.name.clone();
        let value = read_attribute(attribute)?
            .ok_or_else(|| read.unsupported(format!("attribute '{name}' of an unread kind")))?;
        read.attributes.insert(name, value);
    }
    Ok(read)
}

fn read_attribute(attribute: proto::Attribute) -> Result<Option<Attribute>, ModelError> {
    Ok(match AttributeKind::try_from(attribute.kind) {
        Ok(AttributeKind::Float) => Some(Attribute::Float(attribute.f)),
        Ok(AttributeKind::Int) => Some(Attribute::Int(attribute.i)),
        Ok(AttributeKind::String) => String::from_utf8(attribute.s).ok().map(Attribute::Text),
        Ok(AttributeKind::Floats) => Some(Attribute::Floats(attribute.floats)),
        Ok(AttributeKind::Ints) => Some(Attribute::Ints(attribute.ints)),
        Ok(AttributeKind::Tensor) => match attribute.t {
            Some(tensor) => Some(Attribute::Tensor(read_tensor(&attribute.name, tensor)?)),
            None => None,
        },
        Ok(AttributeKind::Undefined) | Err(_) => None,
    })
}

fn read_tensor(name: &str, tensor: proto::Tensor) -> Result<Tensor, ModelError> {
    let malformed = |what: &str| ModelError::Malformed(format!("constant '{name}': {what}"));
    if tensor.data_location != 0 {
        return Err(ModelError::ExternalData(name.to_owned()));
    }
    if tensor.dims.len() > MAX_RANK {
        return Err(malformed("too many dimensions"));
    }
    let shape = tensor
        .dims
        .iter()
        .map(|&size| usize::try_from(size).map_err(|_| malformed("negative dimension")))
        .collect::<Result<Vec<_>, _>>()?;
    let count = elements(name, &shape)?;
    // An empty list means "none"; an empty picture could claim any other side.
    if count == 0 && shape.len() > 1 {
        return Err(malformed("it is empty"));
    }
    let raw = tensor.raw_data.len();
    let data = match tensor.data_type {
        proto::FLOAT if tensor.raw_data.is_empty() => Data::Float(tensor.float_data),
        proto::FLOAT => {
            let (chunks, _) = tensor.raw_data.as_chunks::<4>();
            Data::Float(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        }
        proto::INT64 if tensor.raw_data.is_empty() => Data::Int(tensor.int64_data),
        proto::INT64 => {
            let (chunks, _) = tensor.raw_data.as_chunks::<8>();
            Data::Int(chunks.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
        }
        // Weights that DequantizeLinear makes floats of.
        proto::UINT8 => Data::Int(tensor.raw_data.into_iter().map(i64::from).collect()),
        proto::INT8 => {
            let signed = tensor.raw_data.into_iter().map(|byte| i64::from(byte.cast_signed()));
            Data::Int(signed.collect())
        }
        data_type => return Err(ModelError::DataType { value: name.to_owned(), data_type }),
    };
    let (found, width) = match (&data, tensor.data_type) {
        (Data::Float(data), _) => (data.len(), 4),
        (Data::Int(data), proto::INT64) => (data.len(), 8),
        (Data::Int(data), _) => (data.len(), 1),
    };
    if found != count || (raw != 0 && raw != count * width) {
        return Err(malformed("its numbers do not fill its shape"));
    }
    Ok(Tensor { shape, data })
}
