//! The allow-list: which canonical nodes the GPU engine computes correctly. A
//! node that is not listed is refused by name before the engine sees it; the
//! tests compare every listed one with ONNX Runtime, as a minimal graph. The
//! CPU engine computes every canonical operator; operators without a canonical
//! form are not computed at all.

use crate::onnx::graph::{Node, Tensor};
use crate::onnx::{Canonical, Unsupported};

/// Operators that only the CPU engine computes.
const ONLY_CPU: [&str; 7] =
    ["ConvTranspose", "Erf", "GlobalMaxPool", "InstanceNormalization", "Max", "Min", "Slice"];

/// Most nodes: wonnx walks the network recursively, which costs stack.
const MAX_NODES: usize = 2_000;
/// Values that a shader may bind at once; WebGPU guarantees eight.
const MOST_BINDINGS: usize = 8;

/// Checks a model against the GPU engine's list on a device with these limits.
pub fn on_gpu(model: &Canonical, limits: &wgpu::Limits) -> Result<(), Unsupported> {
    if let Some(node) = model.nodes.get(MAX_NODES) {
        return Err(node.unsupported(format!("the GPU engine accepts at most {MAX_NODES} nodes")));
    }
    for node in &model.nodes {
        if let Some(reason) = refusal(model, node, limits) {
            return Err(node.unsupported(reason));
        }
    }
    Ok(())
}

fn refusal(model: &Canonical, node: &Node, limits: &wgpu::Limits) -> Option<String> {
    let shape = |index: usize| node.input(index).and_then(|name| value_shape(model, name));
    let constant = |index: usize| node.input(index).and_then(|name| model.constants.get(name));
    let rank = |index: usize| shape(index).map_or(0, <[usize]>::len);
    let say = |reason: &str| Some(reason.to_owned());
    let bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    for name in node.inputs.iter().chain(&node.outputs) {
        let count: usize = value_shape(model, name).unwrap_or_default().iter().product();
        if count as u64 * 4 > bytes {
            return Some(format!("'{name}' is larger than the device's {bytes} bytes"));
        }
    }
    // Integer parameters are not bindings.
    let read = node.inputs.iter().filter(|name| !name.is_empty() && !is_int(model, name)).count();
    let most = MOST_BINDINGS.min(limits.max_storage_buffers_per_shader_stage as usize);
    if read + node.outputs.len() > most {
        return Some(format!("more than {most} values in one shader"));
    }
    if node.inputs.iter().all(|name| name.is_empty() || model.constants.contains_key(name)) {
        return say("computes from constants alone");
    }
    match node.op.as_str() {
        op if ONLY_CPU.contains(&op) => say("the GPU engine has no such operator"),
        // WGSL leaves it undefined, and probes need not contain such a number.
        "Pow" => say("powers of numbers below 0; only squares are computed"),
        "Conv" if constant(1).is_none() || constant(2).is_none() => {
            say("weights are not constants")
        }
        "Softmax" if rank(0) > 4 || rank(0) == 0 => say("of more than four dimensions"),
        "MatMul" if rank(0) != rank(1) || stack(shape(0)) != stack(shape(1)) => {
            say("stacks of matrices that broadcast")
        }
        "Pad" if node.inputs.len() > 2 => say("pads with another value than 0"),
        "Resize" => {
            let to = value_shape(model, &node.outputs[0]).unwrap_or_default();
            resize(node, shape(0).unwrap_or_default(), to)
        }
        "BatchNormalization" if rank(0) != 4 => say("of other than pictures"),
        "PRelu" | "Add" | "Sub" | "Mul" | "Div" if rank(0).max(rank(1)) == 0 => {
            say("of single numbers")
        }
        "Add" | "AveragePool" | "BatchNormalization" | "Clip" | "Concat" | "Conv" | "Div"
        | "Elu" | "Exp" | "Floor" | "Abs" | "Gemm" | "GlobalAveragePool" | "LeakyRelu" | "Log"
        | "MatMul" | "MaxPool" | "Mul" | "Neg" | "PRelu" | "Pad" | "ReduceMean" | "Relu"
        | "Reshape" | "Sigmoid" | "Sin" | "Softmax" | "Softplus" | "Split" | "Sqrt" | "Sub"
        | "Tanh" | "Transpose" => None,
        _ => say("not on the GPU engine's list"),
    }
}

fn resize(node: &Node, from: &[usize], to: &[usize]) -> Option<String> {
    let mode = node.text("mode", "nearest");
    let places = node.text("coordinate_transformation_mode", "half_pixel");
    let fits = mode == "nearest" && matches!(places, "half_pixel" | "asymmetric");
    if !fits {
        return Some(format!("mode '{mode}' with '{places}'"));
    }
    // At other ratios a coordinate may fall between two pixels, and engines
    // round to either.
    let whole = |(from, to): (&usize, &usize)| to.is_multiple_of(*from) || from.is_multiple_of(*to);
    let whole = from.iter().zip(to).all(whole);
    (!whole).then(|| format!("{from:?} to {to:?} is not a whole ratio"))
}

fn is_int(model: &Canonical, name: &str) -> bool {
    model.constants.get(name).is_some_and(|tensor| tensor.as_ints().is_some())
}

fn value_shape<'a>(model: &'a Canonical, name: &str) -> Option<&'a [usize]> {
    let constant = || model.constants.get(name).map(|tensor: &Tensor| tensor.shape.as_slice());
    model.shapes.get(name).map(Vec::as_slice).or_else(constant)
}

fn stack(shape: Option<&[usize]>) -> &[usize] {
    let shape = shape.unwrap_or_default();
    &shape[..shape.len().saturating_sub(2)]
}
