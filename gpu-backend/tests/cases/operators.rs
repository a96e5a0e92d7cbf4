//! Minimal graphs, one operator each: everything that wonnx 0.5.1 as published
//! computes silently wrong or panics on, what its patch adds, what the
//! canonical form rewrites, and what only the CPU engine computes.

use munjigi_gpu_backend::onnx::proto::{INT8, UINT8};

use super::build::{Build, Value};
use super::{Case, Place};

type Make = fn(&mut Build) -> Vec<String>;

/// Name, opset, place, batch sizes, graph.
type Row = (&'static str, i64, Place, &'static [usize], Make);

/// Every minimal graph.
pub fn all() -> Vec<Case> {
    let rows = [WRONG_AS_PUBLISHED, REWRITTEN, PLAIN, MOVED, QUANTIZED].concat();
    rows.into_iter()
        .enumerate()
        .map(|(seed, (name, opset, place, batches, make))| {
            let mut build = Build::new(opset, seed as u64);
            let outputs = make(&mut build);
            let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
            Case { name, place, batches, file: build.file(&outputs) }
        })
        .collect()
}

use Place::{Cpu, Gpu};

/// Weights are quantized; the engines see floats.
const QUANTIZED: &[Row] = &[
    ("conv-int8-weights", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[3, 9, 9]);
        let scales = [0.01, 0.002, 0.03, 0.004];
        let w = b.quantized(INT8, &[4, 3, 3, 3], (&scales, &[0; 4], 0));
        let window = [("kernel_shape", Value::Ints(vec![3, 3]))];
        vec![b.node("Conv", &[&x, &w], &window)]
    }),
    ("gemm-uint8-weights", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[8]);
        let w = b.quantized(UINT8, &[8, 4], (&[0.01], &[128], 1));
        vec![b.node("Gemm", &[&x, &w], &[])]
    }),
];

/// wonnx 0.5.1 as published computes these wrong, silently, or panics.
const WRONG_AS_PUBLISHED: &[Row] = &[
    ("concat-channels", 13, Gpu, &[1, 8], |b| concat(b, 1)),
    ("concat-height", 13, Gpu, &[1, 8], |b| concat(b, 2)),
    ("concat-width", 13, Gpu, &[1, 8], |b| concat(b, 3)),
    ("conv-3x3-no-bias", 13, Gpu, &[1, 8], |b| conv(b, [8, 3, 3, 3], 1, 1, 1, false)),
    ("split-lengths-12", 12, Gpu, &[1, 8], |b| split(b, 12)),
    ("split-lengths-13", 13, Gpu, &[1, 8], |b| split(b, 13)),
    ("split-second-output", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[8, 5, 5]);
        let parts = b.nodes("Split", &[&x], &[("axis", Value::Int(1))], 2);
        vec![b.node("Add", &[&parts[0], &parts[1]], &[])]
    }),
    ("resize-half", 13, Gpu, &[1, 8], |b| resize(b, 0.5, "nearest", "asymmetric", "floor")),
    ("softmax-middle-11", 11, Gpu, &[1, 8], |b| softmax(b, 2)),
    ("softmax-middle-12", 12, Gpu, &[1, 8], |b| softmax(b, 1)),
    ("clip-two-decimals", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[3, 5, 5]);
        let (least, most) = (b.floats(&[], vec![-0.123]), b.floats(&[], vec![0.456]));
        vec![b.node("Clip", &[&x, &least, &most], &[])]
    }),
    ("flatten-of-input", 13, Gpu, &[1, 8], |b| one(b, &[3, 5, 5], "Flatten", &[])),
    ("unsqueeze-of-input", 12, Gpu, &[1, 8], |b| {
        one(b, &[3, 5], "Unsqueeze", &[("axes", Value::Ints(vec![1]))])
    }),
    // Found later: blocks of four where the common factor is six.
    ("gemm-six", 13, Gpu, &[6], |b| gemm(b, 6, 6, false)),
    // Found later: the last numbers of a row whose length is no multiple of
    // four.
    ("gemm-one-row", 13, Gpu, &[1], |b| gemm(b, 7, 5, false)),
    // Found later: the fused activation is omitted outside the 3×3 fast path.
    ("conv-leaky-relu", 13, Gpu, &[1, 8], |b| {
        let x = conv(b, [6, 3, 3, 3], 2, 1, 1, true).remove(0);
        vec![b.node("LeakyRelu", &[&x], &[("alpha", Value::Float(0.2))])]
    }),
    // Found later: pads of two and more truncate the picture.
    ("pad-two", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[3, 5, 6]);
        let pads = b.ints(&[0, 0, 2, 0, 0, 0, 1, 3]);
        vec![b.node("Pad", &[&x, &pads], &[])]
    }),
    // Found later: reductions miscount at a dimension of 1.
    ("reduce-mean-beside-one", 13, Gpu, &[2, 8], |b| {
        one(b, &[3, 1, 7], "ReduceMean", &[("axes", Value::Ints(vec![3]))])
    }),
    // Found later: overflows beyond 88.
    ("softplus-large", 13, Gpu, &[1], |b| {
        let x = b.input(&[3, 5, 5]);
        let large = b.floats(&[1], vec![200.0]);
        let x = b.node("Mul", &[&x, &large], &[]);
        vec![b.node("Softplus", &[&x], &[])]
    }),
];

/// Spelled differently in the canonical form, or new in the patch.
const REWRITTEN: &[Row] = &[
    ("gemm-transposed", 13, Gpu, &[1, 3, 8], |b| gemm(b, 10, 7, true)),
    // No weights to transpose beforehand: the engine multiplies transposed.
    ("gemm-transposed-inputs", 13, Gpu, &[3, 8], |b| {
        let (x, y, z) = (b.input(&[6]), b.input(&[6]), b.input(&[5]));
        let scaled = [("transB", Value::Int(1)), ("alpha", Value::Float(0.5))];
        let squares = b.node("Gemm", &[&x, &y], &scaled);
        vec![squares, b.node("Gemm", &[&x, &z], &[("transA", Value::Int(1))])]
    }),
    ("gemm-column-bias", 13, Gpu, &[3, 4], |b| {
        let (x, weights, bias) = (b.input(&[8]), b.weights(&[8, 12]), b.weights(&[1]));
        vec![b.node("Gemm", &[&x, &weights, &bias], &[("beta", Value::Float(3.0))])]
    }),
    ("matmul-odd", 13, Gpu, &[1, 3], |b| {
        let x = b.input(&[7, 9]);
        let right = b.weights(&[9, 5]);
        vec![b.node("MatMul", &[&x, &right], &[])]
    }),
    ("matmul-stacks", 13, Gpu, &[1, 2], |b| {
        let x = b.input(&[4, 6, 8]);
        let y = b.node("Transpose", &[&x], &[("perm", Value::Ints(vec![0, 1, 3, 2]))]);
        vec![b.node("MatMul", &[&x, &y], &[])]
    }),
    ("batch-normalization-alone", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[4, 5, 5]);
        let x = b.node("Relu", &[&x], &[]);
        vec![normalised(b, &x, 4)]
    }),
    ("batch-normalization-folded", 13, Gpu, &[1, 8], |b| {
        let x = conv(b, [8, 3, 3, 3], 1, 1, 1, false).remove(0);
        vec![normalised(b, &x, 8)]
    }),
    ("clip-attributes", 9, Gpu, &[1], |b| {
        one(b, &[3, 5], "Clip", &[("min", Value::Float(-0.25)), ("max", Value::Float(0.75))])
    }),
    ("square", 13, Gpu, &[1, 8], |b| {
        let (x, two) = (b.input(&[3, 5]), b.floats(&[], vec![2.0]));
        vec![b.node("Pow", &[&x, &two], &[])]
    }),
    ("hard-sigmoid", 13, Gpu, &[1], |b| one(b, &[3, 5], "HardSigmoid", &[])),
    ("hard-swish", 14, Gpu, &[1, 8], |b| one(b, &[3, 5], "HardSwish", &[])),
    ("mish-large", 18, Gpu, &[1], |b| {
        let x = b.input(&[3, 5, 5]);
        let large = b.floats(&[1], vec![200.0]);
        let x = b.node("Mul", &[&x, &large], &[]);
        vec![b.node("Mish", &[&x], &[])]
    }),
    ("mish", 18, Gpu, &[1], |b| one(b, &[3, 5], "Mish", &[])),
    ("auto-pad", 13, Gpu, &[1, 8], |b| {
        let (x, filters) = (b.input(&[3, 7, 8]), b.weights(&[4, 3, 3, 3]));
        let strides = ("strides", Value::Ints(vec![2, 2]));
        vec![b.node("Conv", &[&x, &filters], &[("auto_pad", Value::Text("SAME_UPPER")), strides])]
    }),
    ("slice-range", 13, Gpu, &[1, 8], |b| slice(b, 1)),
    ("transposed-convolution-tiles", 13, Gpu, &[1, 8], |b| transposed_convolution(b, 2, 2)),
    ("reshape-for-one", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[4, 6]);
        let shape = b.ints(&[1, 24]);
        vec![b.node("Reshape", &[&x, &shape], &[])]
    }),
    ("reshape-by-shape", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[4, 6]);
        let shape = b.node("Shape", &[&x], &[]);
        let (zero, rest) = (b.ints(&[0]), b.ints(&[-1]));
        let batch = b.node("Gather", &[&shape, &zero], &[("axis", Value::Int(0))]);
        let shape = b.node("Concat", &[&batch, &rest], &[("axis", Value::Int(0))]);
        vec![b.node("Reshape", &[&x, &shape], &[])]
    }),
    ("squeeze-13", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[4, 1, 1]);
        let axes = b.ints(&[2, 3]);
        vec![b.node("Squeeze", &[&x, &axes], &[])]
    }),
    ("identity-output", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[4, 3]);
        let y = b.node("Relu", &[&x], &[]);
        vec![b.node("Identity", &[&y], &[]), y]
    }),
    ("resize-third", 13, Gpu, &[1], |b| resize(b, 1.0 / 3.0, "nearest", "asymmetric", "floor")),
    ("resize-double", 13, Gpu, &[1, 8], |b| resize(b, 2.0, "nearest", "asymmetric", "floor")),
    ("resize-triple-centres", 13, Gpu, &[1], |b| resize(b, 3.0, "nearest", "half_pixel", "ceil")),
    ("resize-half-centres", 13, Gpu, &[1], |b| {
        resize(b, 0.5, "nearest", "half_pixel", "round_prefer_floor")
    }),
    ("resize-half-up", 13, Gpu, &[1], |b| {
        resize(b, 0.5, "nearest", "half_pixel", "round_prefer_ceil")
    }),
];

/// Correct before the patch, and still correct.
const PLAIN: &[Row] = &[
    ("conv-1x1", 13, Gpu, &[1, 8], |b| conv(b, [8, 16, 1, 1], 1, 1, 1, true)),
    ("conv-3x3", 13, Gpu, &[1, 8], |b| conv(b, [8, 3, 3, 3], 1, 1, 1, true)),
    ("conv-5x5-strides", 13, Gpu, &[1, 8], |b| conv(b, [6, 3, 5, 5], 2, 1, 1, true)),
    ("conv-dilated", 13, Gpu, &[1, 8], |b| conv(b, [8, 3, 3, 3], 1, 2, 1, true)),
    ("conv-depthwise", 13, Gpu, &[1, 8], |b| conv(b, [8, 1, 3, 3], 1, 1, 8, true)),
    ("conv-unpadded", 13, Gpu, &[1, 8], |b| {
        let (x, filters, bias) = (b.input(&[3, 7, 8]), b.weights(&[4, 3, 3, 3]), b.weights(&[4]));
        vec![b.node("Conv", &[&x, &filters, &bias], &[("auto_pad", Value::Text("VALID"))])]
    }),
    ("max-pool", 13, Gpu, &[1, 8], |b| pool(b, "MaxPool", 0)),
    ("max-pool-ceil", 13, Gpu, &[1, 8], |b| pool(b, "MaxPool", 1)),
    ("average-pool", 13, Gpu, &[1, 8], |b| pool(b, "AveragePool", 0)),
    ("global-average-pool", 13, Gpu, &[1, 8], |b| one(b, &[6, 5, 7], "GlobalAveragePool", &[])),
    ("reduce-mean", 13, Gpu, &[1, 8], |b| {
        let values = [("axes", Value::Ints(vec![2, 3])), ("keepdims", Value::Int(0))];
        one(b, &[6, 5, 7], "ReduceMean", &values)
    }),
    ("softmax-last", 13, Gpu, &[1, 8], |b| softmax(b, -1)),
    ("softmax-middle-13", 13, Gpu, &[1, 8], |b| softmax(b, 1)),
    ("transpose", 13, Gpu, &[1, 8], |b| {
        one(b, &[3, 5, 7], "Transpose", &[("perm", Value::Ints(vec![0, 3, 1, 2]))])
    }),
    // More numbers than one dispatch of single workgroups covers.
    ("elementwise-many", 13, Gpu, &[1, 8], |b| {
        let x = b.input(&[5, 131, 127]);
        let y = b.node("Sigmoid", &[&x], &[]);
        let y = b.node("Mul", &[&x, &y], &[]);
        let scale = b.weights(&[5, 1, 1]);
        vec![b.node("Add", &[&y, &scale], &[])]
    }),
    ("unary", 13, Gpu, &[1], |b| {
        let x = b.input(&[3, 7]);
        ["Relu", "Sigmoid", "Tanh", "Softplus", "Exp", "Abs", "Neg", "Floor", "Sin"]
            .map(|op| b.node(op, &[&x], &[]))
            .to_vec()
    }),
    ("square-root", 13, Gpu, &[1], |b| {
        let x = b.input(&[3, 7]);
        let y = b.node("Abs", &[&x], &[]);
        vec![b.node("Sqrt", &[&y], &[])]
    }),
    ("elu-leaky", 13, Gpu, &[1], |b| {
        let x = b.input(&[3, 7]);
        let y = b.node("Elu", &[&x], &[("alpha", Value::Float(0.7))]);
        vec![b.node("LeakyRelu", &[&y], &[])]
    }),
    ("prelu", 13, Gpu, &[1, 8], |b| {
        let (x, slope) = (b.input(&[3, 5, 5]), b.weights(&[3, 1, 1]));
        vec![b.node("PRelu", &[&x, &slope], &[])]
    }),
    ("binary-broadcast", 13, Gpu, &[1, 8], |b| {
        let (x, y) = (b.input(&[3, 5, 7]), b.floats(&[1, 3, 1, 7], vec![1.5; 21]));
        let x = b.node("Sub", &[&x, &y], &[]);
        vec![b.node("Div", &[&x, &y], &[])]
    }),
];

/// The GPU engine refuses these by name.
const MOVED: &[Row] = &[
    ("slice-steps", 13, Cpu, &[1, 8], |b| slice(b, 2)),
    ("transposed-convolution", 13, Cpu, &[1, 8], |b| transposed_convolution(b, 3, 2)),
    ("maximum", 13, Cpu, &[1], |b| {
        let (x, y) = (b.input(&[3, 5]), b.weights(&[3, 5]));
        vec![b.node("Max", &[&x, &y], &[])]
    }),
    ("power", 13, Cpu, &[1], |b| {
        let (x, by) = (b.input(&[3, 5]), b.floats(&[], vec![3.0]));
        vec![b.node("Pow", &[&x, &by], &[])]
    }),
    ("erf", 13, Cpu, &[1], |b| one(b, &[3, 5], "Erf", &[])),
    ("global-max-pool", 13, Cpu, &[1, 8], |b| one(b, &[6, 5, 7], "GlobalMaxPool", &[])),
    ("instance-normalization", 13, Cpu, &[1, 8], |b| {
        let (x, scale, bias) = (b.input(&[4, 5, 5]), b.weights(&[4]), b.weights(&[4]));
        vec![b.node("InstanceNormalization", &[&x, &scale, &bias], &[])]
    }),
    ("resize-odd-ratio", 13, Cpu, &[1, 8], |b| resize(b, 1.5, "nearest", "half_pixel", "ceil")),
    ("resize-linear", 13, Cpu, &[1, 8], |b| resize(b, 2.0, "linear", "half_pixel", "floor")),
    ("pad-with-ones", 13, Cpu, &[1], |b| {
        let x = b.input(&[3, 5]);
        let (pads, value) = (b.ints(&[0, 0, 1, 0, 0, 1]), b.floats(&[], vec![1.0]));
        vec![b.node("Pad", &[&x, &pads, &value], &[])]
    }),
    ("concat-many", 13, Cpu, &[1], |b| {
        let x = b.input(&[3, 5]);
        vec![b.node("Concat", &[x.as_str(); 9], &[("axis", Value::Int(1))])]
    }),
];

fn one(b: &mut Build, shape: &[i64], op: &str, values: &[(&str, Value)]) -> Vec<String> {
    let x = b.input(shape);
    vec![b.node(op, &[&x], values)]
}

fn concat(b: &mut Build, axis: i64) -> Vec<String> {
    let mut shape = [3, 5, 6];
    let x = b.input(&shape);
    shape[usize::try_from(axis).unwrap() - 1] = 4;
    let y = b.input(&shape);
    vec![b.node("Concat", &[&x, &y], &[("axis", Value::Int(axis))])]
}

fn conv(
    b: &mut Build,
    weights: [i64; 4],
    stride: i64,
    dilation: i64,
    group: i64,
    bias: bool,
) -> Vec<String> {
    let x = b.input(&[weights[1] * group, 9, 10]);
    let mut inputs = vec![x, b.weights(&weights)];
    if bias {
        inputs.push(b.weights(&[weights[0]]));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let values = [
        ("kernel_shape", Value::Ints(weights[2..].to_vec())),
        ("strides", Value::Ints(vec![stride; 2])),
        ("dilations", Value::Ints(vec![dilation; 2])),
        ("pads", Value::Ints(vec![weights[2] / 2; 4])),
        ("group", Value::Int(group)),
    ];
    vec![b.node("Conv", &inputs, &values)]
}

fn transposed_convolution(b: &mut Build, kernel: i64, stride: i64) -> Vec<String> {
    let (x, filters) = (b.input(&[3, 5, 6]), b.weights(&[3, 4, kernel, kernel]));
    let bias = b.weights(&[4]);
    vec![b.node(
        "ConvTranspose",
        &[&x, &filters, &bias],
        &[("strides", Value::Ints(vec![stride; 2]))],
    )]
}

fn split(b: &mut Build, opset: i64) -> Vec<String> {
    let x = b.input(&[9, 4]);
    let axis = ("axis", Value::Int(1));
    if opset < 13 {
        return b.nodes("Split", &[&x], &[axis, ("split", Value::Ints(vec![2, 4, 3]))], 3);
    }
    let lengths = b.ints(&[2, 4, 3]);
    b.nodes("Split", &[&x, &lengths], &[axis], 3)
}

fn resize(
    b: &mut Build,
    scale: f32,
    mode: &'static str,
    places: &'static str,
    nearest: &'static str,
) -> Vec<String> {
    let x = b.input(&[3, 6, 12]);
    let scales = b.floats(&[4], vec![1.0, 1.0, scale, scale]);
    let values = [
        ("mode", Value::Text(mode)),
        ("coordinate_transformation_mode", Value::Text(places)),
        ("nearest_mode", Value::Text(nearest)),
    ];
    vec![b.node("Resize", &[&x, "", &scales], &values)]
}

fn softmax(b: &mut Build, axis: i64) -> Vec<String> {
    one(b, &[4, 3, 5], "Softmax", &[("axis", Value::Int(axis))])
}

fn gemm(b: &mut Build, depth: i64, columns: i64, transposed: bool) -> Vec<String> {
    let x = b.input(&[depth]);
    let shape = if transposed { [columns, depth] } else { [depth, columns] };
    let (weights, bias) = (b.weights(&shape), b.weights(&[columns]));
    vec![b.node("Gemm", &[&x, &weights, &bias], &[("transB", Value::Int(transposed.into()))])]
}

fn normalised(b: &mut Build, x: &str, channels: i64) -> String {
    let count = usize::try_from(channels).unwrap();
    let (gamma, beta, mean) =
        (b.weights(&[channels]), b.weights(&[channels]), b.weights(&[channels]));
    let variance = b.floats(&[channels], (0..count).map(|at| 0.5 + at as f32 / 10.0).collect());
    b.node(
        "BatchNormalization",
        &[x, &gamma, &beta, &mean, &variance],
        &[("epsilon", Value::Float(1e-3))],
    )
}

fn pool(b: &mut Build, op: &str, ceil: i64) -> Vec<String> {
    let values = [
        ("kernel_shape", Value::Ints(vec![3, 3])),
        ("strides", Value::Ints(vec![2, 2])),
        ("pads", Value::Ints(vec![ceil ^ 1; 4])),
        ("ceil_mode", Value::Int(ceil)),
    ];
    one(b, &[4, 8, 10], op, &values)
}

fn slice(b: &mut Build, step: i64) -> Vec<String> {
    let x = b.input(&[6, 9, 7]);
    let (starts, ends) = (b.ints(&[1, -6]), b.ints(&[5, 1000]));
    let (axes, steps) = (b.ints(&[1, 2]), b.ints(&[step, 1]));
    vec![b.node("Slice", &[&x, &starts, &ends, &axes, &steps], &[])]
}
