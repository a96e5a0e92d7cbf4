//! Builds small ONNX files, with weights from a seed.

use munjigi_gpu_backend::onnx::proto::{
    Attribute, AttributeKind, Dimension, FLOAT, Graph, INT64, Model, Node, OperatorSet, Shape,
    Tensor, TensorType, ValueInfo, ValueType,
};
use munjigi_gpu_backend::trust::uniform;
use prost::Message;

#[derive(Clone)]
pub enum Value {
    Int(i64),
    Float(f32),
    Text(&'static str),
    Ints(Vec<i64>),
}

/// A file under construction.
pub struct Build {
    opset: i64,
    graph: Graph,
    seed: u64,
    gain: f32,
    named: usize,
}

impl Build {
    pub fn new(opset: i64, seed: u64) -> Self {
        let graph = Graph { name: "case".into(), ..Graph::default() };
        Self { opset, graph, seed, gain: 1.0, named: 0 }
    }

    /// Makes filters stronger by this factor: a deep net's answers then depend
    /// on its input.
    pub fn with_gain(mut self, gain: f32) -> Self {
        self.gain = gain;
        self
    }

    /// An input whose first dimension is the batch.
    pub fn input(&mut self, shape: &[i64]) -> String {
        let dims = std::iter::once(Dimension { value: None, parameter: Some("N".into()) });
        let fixed = shape.iter().map(|&size| Dimension { value: Some(size), parameter: None });
        self.input_of(dims.chain(fixed).collect())
    }

    /// An input of these dimensions.
    pub fn input_of(&mut self, dim: Vec<Dimension>) -> String {
        let name = self.name("input");
        let tensor = TensorType { elem_type: FLOAT, shape: Some(Shape { dim }) };
        let kind = Some(ValueType { tensor: Some(tensor) });
        self.graph.input.push(ValueInfo { name: name.clone(), kind });
        name
    }

    /// Weights that keep numbers about as large as they were.
    pub fn weights(&mut self, shape: &[i64]) -> String {
        let gain = if shape.len() > 1 { self.gain } else { 1.0 };
        self.weights_around(0.0, gain, shape)
    }

    /// The same with another mean and spread.
    pub fn weights_around(&mut self, middle: f32, gain: f32, shape: &[i64]) -> String {
        let fan: i64 = shape.iter().skip(1).product::<i64>().max(1);
        let spread = gain * (3.0 / fan as f32).sqrt();
        let count = shape.iter().product::<i64>() as usize;
        let numbers = (0..count).map(|_| middle + spread * uniform(&mut self.seed)).collect();
        self.floats(shape, numbers)
    }

    pub fn floats(&mut self, shape: &[i64], float_data: Vec<f32>) -> String {
        let tensor =
            Tensor { dims: shape.to_vec(), data_type: FLOAT, float_data, ..Tensor::default() };
        self.constant(tensor)
    }

    pub fn ints(&mut self, values: &[i64]) -> String {
        let tensor = Tensor {
            dims: vec![values.len() as i64],
            data_type: INT64,
            int64_data: values.to_vec(),
            ..Tensor::default()
        };
        self.constant(tensor)
    }

    /// Quantized weights, as floats: numbers of type `INT8` or `UINT8` with these
    /// scales and zero points, by `axis` if there are several.
    pub fn quantized(
        &mut self,
        data_type: i32,
        shape: &[i64],
        (scales, zeros, axis): (&[f32], &[u8], i64),
    ) -> String {
        let count = shape.iter().product::<i64>();
        let drawn = (0..count).map(|_| (127.0 * uniform(&mut self.seed)) as i8 as u8).collect();
        let bytes = |dims, raw_data| Tensor { dims, data_type, raw_data, ..Tensor::default() };
        let numbers = self.constant(bytes(shape.to_vec(), drawn));
        let each = if scales.len() > 1 { vec![scales.len() as i64] } else { Vec::new() };
        let scale = self.floats(&each, scales.to_vec());
        let zero = self.constant(bytes(each, zeros.to_vec()));
        let axis = [("axis", Value::Int(axis))];
        self.node("DequantizeLinear", &[&numbers, &scale, &zero], &axis)
    }

    pub fn constant(&mut self, mut tensor: Tensor) -> String {
        tensor.name = self.name("constant");
        let name = tensor.name.clone();
        self.graph.initializer.push(tensor);
        name
    }

    /// A node with one output.
    pub fn node(&mut self, op: &str, inputs: &[&str], values: &[(&str, Value)]) -> String {
        self.nodes(op, inputs, values, 1).remove(0)
    }

    /// A node with several outputs.
    pub fn nodes(
        &mut self,
        op: &str,
        inputs: &[&str],
        values: &[(&str, Value)],
        outputs: usize,
    ) -> Vec<String> {
        let output: Vec<String> = (0..outputs).map(|_| self.name(op)).collect();
        self.graph.node.push(Node {
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: output.clone(),
            name: format!("{}_node", output[0]),
            op_type: op.into(),
            attribute: values.iter().map(|(name, value)| attribute(name, value)).collect(),
            domain: String::new(),
        });
        output
    }

    /// The file, with these values as outputs.
    pub fn file(mut self, outputs: &[&str]) -> Vec<u8> {
        let tensor = || Some(TensorType { elem_type: FLOAT, shape: None });
        self.graph.output = outputs
            .iter()
            .map(|&name| ValueInfo {
                name: name.into(),
                kind: Some(ValueType { tensor: tensor() }),
            })
            .collect();
        let opset_import = vec![OperatorSet { domain: String::new(), version: self.opset }];
        let graph = Some(self.graph);
        Model {
            ir_version: 7,
            producer_name: "tests".into(),
            graph,
            opset_import,
            ..Model::default()
        }
        .encode_to_vec()
    }

    fn name(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{}{}", what.to_lowercase(), self.named)
    }
}

fn attribute(name: &str, value: &Value) -> Attribute {
    let mut written = Attribute { name: name.into(), ..Attribute::default() };
    written.kind = match value {
        Value::Int(value) => {
            written.i = *value;
            AttributeKind::Int
        }
        Value::Float(value) => {
            written.f = *value;
            AttributeKind::Float
        }
        Value::Text(value) => {
            written.s = value.as_bytes().to_vec();
            AttributeKind::String
        }
        Value::Ints(values) => {
            written.ints.clone_from(values);
            AttributeKind::Ints
        }
    }
    .into();
    written
}
