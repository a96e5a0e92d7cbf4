//! Exports trained networks as ONNX in the canonical form. This module defines
//! what a layer is in ONNX; `record` writes files and manifests.

use anyhow::Result;
use munjigi_onnx::graph::{Attribute, Dimension, Input, Node, Tensor};
use munjigi_onnx::{Canonical, Graph};

use crate::net::{Layer, Net, Reading};
use crate::task::{Task, Things, Tiles};

/// A network under construction.
struct Draft {
    graph: Graph,
    made: usize,
}

const PICTURE: &str = "picture";

/// `scene-tile`: one score for each kind.
pub fn tile(net: &Net) -> Result<Vec<u8>> {
    let mut draft = Draft::new(Tiles::SIZE);
    let taps = draft.net(net);
    draft.node("Flatten", &[&taps[0].0], "scores");
    draft.finish(&["scores"])
}

/// `scene-things`: the raw heads that `task::segment` of the gpu-backend reads.
/// The network has one grid, of 8 pixels; the coarser two never score. Its only
/// prototype tells things from background, so every coefficient is 1: a mask is
/// whatever belongs to a thing within its box.
pub fn things(net: &Net) -> Result<Vec<u8>> {
    let mut draft = Draft::new(Things::SIZE);
    let taps = draft.net(net);
    let [(inside, _), (scores, finest), (sides, _)] = taps.as_slice() else {
        unreachable!("three taps")
    };
    let middle = draft.pool(finest);
    let coarsest = draft.pool(&middle);
    let mut rows: [Vec<String>; 3] = [vec![sides.clone()], vec![scores.clone()], Vec::new()];
    let channels = 96;
    for (features, row) in [(finest, 0), (&middle, 1), (&coarsest, 2)] {
        for (head, (count, bias)) in [(4, 0.0), (30, -16.0), (1, 1.0)].into_iter().enumerate() {
            if row > 0 || head == 2 {
                let weights = vec![0.0; count * channels];
                let quiet = draft.convolution(
                    features,
                    [count, channels, 1],
                    weights,
                    vec![bias; count],
                    1,
                );
                rows[head].push(quiet);
            }
        }
    }
    let grids = [
        (rows[0].clone(), "sides", 4),
        (rows[1].clone(), "scores", 30),
        (rows[2].clone(), "coefficients", 1),
    ];
    for (parts, name, count) in grids {
        let flat: Vec<String> = parts
            .iter()
            .map(|part| {
                let shape = draft.constant(Tensor::ints(vec![0, count, -1]));
                let to = draft.fresh();
                draft.node("Reshape", &[part, &shape], &to)
            })
            .collect();
        let inputs: Vec<&str> = flat.iter().map(String::as_str).collect();
        let all = if name == "coefficients" { name.to_owned() } else { draft.fresh() };
        let node = Node::new(&all, "Concat", &inputs, &[&all]).with("axis", Attribute::Int(2));
        draft.graph.nodes.push(node);
        match name {
            "sides" => _ = draft.node("Relu", &[&all], name),
            "scores" => _ = draft.node("Sigmoid", &[&all], name),
            _ => {}
        }
    }
    let inside = inside.clone();
    draft.node("Identity", &[&inside], "prototypes");
    draft.finish(&["sides", "scores", "coefficients", "prototypes"])
}

impl Draft {
    fn new([height, width]: [usize; 2]) -> Self {
        let dimensions = [1, 3, height, width].into_iter().map(Dimension::Fixed).collect();
        let graph = Graph {
            opset: 13,
            inputs: vec![Input { name: PICTURE.to_owned(), dimensions }],
            outputs: Vec::new(),
            nodes: Vec::new(),
            constants: std::collections::HashMap::new(),
        };
        Self { graph, made: 0 }
    }

    fn finish(mut self, outputs: &[&str]) -> Result<Vec<u8>> {
        self.graph.outputs = outputs.iter().map(|&name| name.to_owned()).collect();
        Ok(Canonical::new(&self.graph, 1)?.to_bytes())
    }

    fn fresh(&mut self) -> String {
        self.made += 1;
        format!("v{}", self.made)
    }

    fn constant(&mut self, tensor: Tensor) -> String {
        let name = self.fresh();
        self.graph.constants.insert(name.clone(), tensor);
        name
    }

    fn node(&mut self, op: &str, inputs: &[&str], to: &str) -> String {
        self.graph.nodes.push(Node::new(to, op, inputs, &[to]));
        to.to_owned()
    }

    fn pool(&mut self, from: &str) -> String {
        let to = self.fresh();
        let node = Node::new(&to, "MaxPool", &[from], &[&to])
            .with("kernel_shape", Attribute::Ints(vec![2, 2]))
            .with("strides", Attribute::Ints(vec![2, 2]));
        self.graph.nodes.push(node);
        to
    }

    /// A convolution of `[outputs, inputs, side of the kernel]`.
    fn convolution(
        &mut self,
        from: &str,
        [to, depth, side]: [usize; 3],
        weights: Vec<f32>,
        biases: Vec<f32>,
        stride: i64,
    ) -> String {
        let weights = self.constant(Tensor::floats(&[to, depth, side, side], weights));
        let biases = self.constant(Tensor::floats(&[to], biases));
        let name = self.fresh();
        let pad = i64::from(side == 3);
        let node = Node::new(&name, "Conv", &[from, &weights, &biases], &[&name])
            .with("strides", Attribute::Ints(vec![stride; 2]))
            .with("pads", Attribute::Ints(vec![pad; 4]));
        self.graph.nodes.push(node);
        name
    }

    /// Names of each tap's output and of its input.
    fn net(&mut self, net: &Net) -> Vec<(String, String)> {
        let mut value = PICTURE.to_owned();
        let mut taps = Vec::new();
        for (layer, (weights, biases)) in net.layers.iter().zip(net.folded()) {
            match layer {
                Layer::Block(block) => {
                    let stride = if block.stride == 2 { 2 } else { 1 };
                    let size = [block.to, block.from, 3];
                    let sum = self.convolution(&value, size, weights, biases, stride);
                    let to = self.fresh();
                    value = self.node("Relu", &[&sum], &to);
                }
                Layer::Pool => value = self.pool(&value),
                Layer::Tap(tap) => {
                    let sums = self.convolution(&value, [tap.to, tap.from, 1], weights, biases, 1);
                    let output = match tap.reading {
                        Reading::Each => sums,
                        // A mean of sums is the sum of means.
                        Reading::Mean => {
                            let to = self.fresh();
                            self.node("GlobalAveragePool", &[&sums], &to)
                        }
                    };
                    taps.push((output, value.clone()));
                }
            }
        }
        taps
    }
}
