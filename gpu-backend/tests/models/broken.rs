//! Broken files: each is refused with its code, none crashes the reader, and
//! none makes it allocate what the file only claims.

use munjigi_gpu_backend::onnx::proto::{Dimension, Function, INT8, Model, Tensor};
use munjigi_gpu_backend::onnx::{Canonical, Graph, ModelError};
use munjigi_gpu_backend::trust::uniform;
use prost::Message;

use crate::build::{Build, Value};
use crate::classifier;

/// Reads and converts a file as loading does.
fn load(file: &[u8]) -> Result<Canonical, ModelError> {
    Canonical::new(&Graph::read(file)?, 2)
}

/// The classifier with one change.
fn changed(change: impl FnOnce(&mut Model)) -> Vec<u8> {
    let mut model = Model::decode(classifier().as_slice()).unwrap();
    change(&mut model);
    model.encode_to_vec()
}

fn graph(model: &mut Model) -> &mut munjigi_gpu_backend::onnx::proto::Graph {
    model.graph.as_mut().unwrap()
}

fn one(op: &str, values: &[(&str, Value)]) -> Vec<u8> {
    let mut build = Build::new(13, 1);
    let x = build.input(&[3, 6, 6]);
    let x = build.node(op, &[&x], values);
    build.file(&[&x])
}

/// A name, the code, the file.
type Row = (&'static str, &'static str, Vec<u8>);

fn refused(rows: &[Row]) {
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|(name, code, file)| match load(file) {
            Err(error) if error.code() == *code => None,
            Err(error) => Some(format!("{name}: {} ({error}), not {code}", error.code())),
            Ok(_) => Some(format!("{name}: accepted")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let whole = classifier();
    refused(&[
        ("empty", "model-opset-unsupported", vec![]),
        ("text", "model-malformed", b"not a model at all".to_vec()),
        ("truncated", "model-malformed", whole[..whole.len() - 3].to_vec()),
        ("cut in half", "model-malformed", whole[..whole.len() / 2].to_vec()),
        ("no graph", "model-malformed", changed(|model| model.graph = None)),
        ("no nodes", "model-malformed", changed(|model| graph(model).node.clear())),
        ("no outputs", "model-malformed", changed(|model| graph(model).output.clear())),
        ("old operators", "model-opset-unsupported", changed(|m| m.opset_import[0].version = 6)),
        ("new operators", "model-opset-unsupported", changed(|m| m.opset_import[0].version = 99)),
        (
            "foreign operator",
            "model-opset-unsupported",
            changed(|model| {
                graph(model).node[0].domain = "com.example".into();
            }),
        ),
        (
            "a local function",
            "model-malformed",
            changed(|model| model.functions.push(Function::default())),
        ),
        (
            "weights elsewhere",
            "model-external-data",
            changed(|model| {
                graph(model).initializer[0].data_location = 1;
            }),
        ),
        (
            "half floats",
            "model-type-unsupported",
            changed(|model| {
                graph(model).initializer[0].data_type = 10;
            }),
        ),
        (
            "too few weights",
            "model-malformed",
            changed(|model| {
                graph(model).initializer[0].float_data.pop();
            }),
        ),
        (
            "huge weights claimed",
            "model-shape-too-large",
            changed(|model| {
                graph(model).initializer[0].dims = vec![1 << 40, 1 << 40];
            }),
        ),
        (
            "negative weights",
            "model-malformed",
            changed(|model| {
                graph(model).initializer[0].dims = vec![-3, 1, 3, 3];
            }),
        ),
    ]);
}

#[test]
fn inconsistent_networks_are_refused() {
    refused(&[
        (
            "no such input",
            "model-wiring-broken",
            changed(|model| {
                graph(model).node[0].input[0] = "nothing".into();
            }),
        ),
        (
            "a circle",
            "model-wiring-broken",
            changed(|model| {
                let last = graph(model).node[2].output[0].clone();
                graph(model).node[0].input[0] = last;
            }),
        ),
        (
            "written twice",
            "model-wiring-broken",
            changed(|model| {
                let first = graph(model).node[0].output[0].clone();
                graph(model).node[1].output[0] = first;
            }),
        ),
        (
            "no such output",
            "model-wiring-broken",
            changed(|model| {
                graph(model).output[0].name = "nothing".into();
            }),
        ),
        (
            "an output asked for twice",
            "model-wiring-broken",
            changed(|model| {
                let output = graph(model).output[0].clone();
                graph(model).output.push(output);
            }),
        ),
        (
            "a node without output",
            "model-malformed",
            changed(|model| {
                graph(model).node[1].output.clear();
            }),
        ),
        (
            "an output that is constant",
            "operator-unsupported",
            changed(|model| {
                let name = graph(model).initializer[0].name.clone();
                graph(model).output[0].name = name;
            }),
        ),
        (
            "an output that is the input",
            "operator-unsupported",
            changed(|model| {
                let name = graph(model).input[0].name.clone();
                graph(model).output[0].name = name;
            }),
        ),
        (
            "integers where floats are computed",
            "operator-unsupported",
            changed(|model| {
                let count = 27;
                let name = graph(model).initializer[0].name.clone();
                graph(model).initializer[0] = Tensor {
                    name,
                    data_type: 7,
                    dims: vec![count],
                    int64_data: vec![1; 27],
                    ..Tensor::default()
                };
            }),
        ),
    ]);
}

#[test]
fn shapes_that_are_unknown_or_too_large_are_refused() {
    let free = Dimension { value: None, parameter: None };
    let sized = |size| Dimension { value: Some(size), parameter: None };
    let shaped = |dims: Vec<Dimension>| {
        let mut build = Build::new(13, 1);
        let x = build.input_of(dims);
        let x = build.node("Relu", &[&x], &[]);
        build.file(&[&x])
    };
    refused(&[
        (
            "huge picture",
            "model-shape-too-large",
            shaped(vec![sized(1), sized(1 << 20), sized(1 << 20)]),
        ),
        (
            "overflowing picture",
            "model-shape-too-large",
            shaped(vec![sized(1), sized(i64::MAX), sized(i64::MAX)]),
        ),
        ("a picture of nothing", "model-shape-unknown", shaped(vec![sized(1), sized(0)])),
        (
            "a free height",
            "model-shape-unknown",
            shaped(vec![free.clone(), sized(3), free.clone()]),
        ),
        ("another batch", "model-shape-unknown", shaped(vec![sized(5), sized(3)])),
    ]);
}

#[test]
fn operators_that_are_not_known_or_misused_are_refused() {
    refused(&[
        ("unknown operator", "operator-unsupported", one("Frobnicate", &[])),
        ("known, not computed", "operator-unsupported", one("LSTM", &[])),
        ("an axis too far", "operator-unsupported", one("Softmax", &[("axis", Value::Int(9))])),
        (
            "a stride of nothing",
            "operator-unsupported",
            one(
                "MaxPool",
                &[("kernel_shape", Value::Ints(vec![2, 2])), ("strides", Value::Ints(vec![0, 1]))],
            ),
        ),
        (
            "pads by an unknown rule",
            "operator-unsupported",
            one(
                "MaxPool",
                &[("kernel_shape", Value::Ints(vec![2, 2])), ("auto_pad", Value::Text("SIDEWAYS"))],
            ),
        ),
        (
            "a float where a list is",
            "operator-unsupported",
            one("MaxPool", &[("kernel_shape", Value::Float(2.0))]),
        ),
    ]);
}

/// A matrix of 8 × 4 bytes with these scales and zero points.
fn quantized(scales: &[f32], zeros: &[u8], axis: i64) -> Vec<u8> {
    let mut build = Build::new(13, 1);
    let x = build.input(&[8]);
    let matrix = build.quantized(INT8, &[8, 4], (scales, zeros, axis));
    let x = build.node("Gemm", &[&x, &matrix], &[]);
    build.file(&[&x])
}

#[test]
fn quantized_weights_are_refused_where_their_scales_do_not_fit() {
    load(&quantized(&[0.1; 4], &[0; 4], -1)).unwrap();
    let unsupported = "operator-unsupported";
    refused(&[
        ("too few scales", unsupported, quantized(&[0.1; 3], &[0; 3], 1)),
        ("no scale", "model-malformed", quantized(&[], &[], 1)),
        ("scales of the other axis", unsupported, quantized(&[0.1; 4], &[0; 4], 0)),
        ("an axis too far", unsupported, quantized(&[0.1; 4], &[0; 4], 2)),
        ("what is computed is quantized", unsupported, {
            let mut build = Build::new(13, 1);
            let (x, scale) = (build.input(&[8]), build.floats(&[], vec![0.1]));
            let x = build.node("DequantizeLinear", &[&x, &scale], &[]);
            build.file(&[&x])
        }),
        ("an integer that no byte holds", unsupported, {
            let mut build = Build::new(13, 1);
            let (x, scale) = (build.input(&[2]), build.floats(&[], vec![0.1]));
            let huge = build.ints(&[1, i64::MIN]);
            let weights = build.node("DequantizeLinear", &[&huge, &scale], &[]);
            let x = build.node("Add", &[&x, &weights], &[]);
            build.file(&[&x])
        }),
        ("fewer bytes than claimed", "model-malformed", {
            let mut model = Model::decode(quantized(&[0.1], &[0], 1).as_slice()).unwrap();
            graph(&mut model).initializer[0].raw_data.pop();
            model.encode_to_vec()
        }),
    ]);
}

#[test]
fn invalid_parameters_are_refused() {
    refused(&[
        (
            "a kernel without end",
            "operator-unsupported",
            one("MaxPool", &[("kernel_shape", Value::Ints(vec![i64::MAX, 2]))]),
        ),
        (
            "a dilation without end",
            "operator-unsupported",
            one(
                "MaxPool",
                &[
                    ("kernel_shape", Value::Ints(vec![2, 2])),
                    ("dilations", Value::Ints(vec![i64::MAX, 1])),
                ],
            ),
        ),
        (
            "pads wider than the kernel",
            "operator-unsupported",
            one(
                "MaxPool",
                &[
                    ("kernel_shape", Value::Ints(vec![2, 2])),
                    ("pads", Value::Ints(vec![i64::MAX; 4])),
                ],
            ),
        ),
        (
            "three dimensions of kernel",
            "operator-unsupported",
            one("MaxPool", &[("kernel_shape", Value::Ints(vec![2, 2, 2]))]),
        ),
        (
            "an order of axes that is none",
            "operator-unsupported",
            one("Transpose", &[("perm", Value::Ints(vec![0, 1, 1, 3]))]),
        ),
        (
            "a split that does not",
            "operator-unsupported",
            one("Split", &[("axis", Value::Int(1)), ("split", Value::Ints(vec![9]))]),
        ),
    ]);
}

#[test]
fn shapes_that_do_not_match_their_data_are_refused() {
    let reshaped = |to: &[i64]| {
        let mut build = Build::new(13, 1);
        let x = build.input(&[4, 6]);
        let shape = build.ints(to);
        let x = build.node("Reshape", &[&x, &shape], &[]);
        build.file(&[&x])
    };
    let padded = |pad: i64| {
        let mut build = Build::new(13, 1);
        let x = build.input(&[4]);
        let pads = build.ints(&[0, pad, 0, pad]);
        let x = build.node("Pad", &[&x, &pads], &[]);
        build.file(&[&x])
    };
    refused(&[
        ("reshape that does not fill", "operator-unsupported", reshaped(&[0, 5, 5])),
        ("reshape overflowing", "operator-unsupported", reshaped(&[i64::MAX, i64::MAX])),
        ("reshape with two rests", "operator-unsupported", reshaped(&[-1, -1])),
        ("reshape below zero", "operator-unsupported", reshaped(&[-7, 2])),
        ("pads without end", "model-shape-too-large", padded(1 << 60)),
        ("pads below zero", "operator-unsupported", padded(-1)),
    ]);
}

#[test]
fn an_unknown_operator_is_named_with_its_node() {
    let error = load(&one("Frobnicate", &[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "node 'frobnicate2_node' (Frobnicate): this operator is not known"
    );
}

/// Bytes of memory in use; `None` if the system does not say.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

/// The body of a fuzz target, bounded: any bytes get an answer and leave no
/// memory behind.
#[test]
fn damaged_files_are_answered_and_leave_nothing_behind() {
    let whole = classifier();
    let mut seed = 1;
    let mut place =
        |length: usize| (f32::midpoint(uniform(&mut seed), 1.0) * length as f32) as usize % length;
    let mut before = None;
    for at in 0..10_000 {
        // Allocators keep what the first thousand needed.
        if at == 1_000 {
            before = resident();
        }
        let mut file = whole.clone();
        for _ in 0..=place(4) {
            let at = place(file.len());
            file[at] = place(256) as u8;
        }
        file.truncate(file.len() - place(3));
        if let Ok(model) = load(&file) {
            // An accepted file is complete: it can be written and read again.
            Graph::read(&model.to_bytes()).unwrap();
        }
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 8 << 20, "{grown} bytes more than before");
    }
}
