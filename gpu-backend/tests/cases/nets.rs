//! Networks of well-known shapes with weights from a seed.

use super::build::{Build, Value};

fn same(build: &mut Build, from: &str, weights: [i64; 4], stride: i64, group: i64) -> String {
    let filters = build.weights(&weights);
    let bias = build.weights(&[weights[0]]);
    padded(build, [from, &filters, &bias], weights, stride, group)
}

fn padded(
    build: &mut Build,
    inputs: [&str; 3],
    weights: [i64; 4],
    stride: i64,
    group: i64,
) -> String {
    let pad = weights[2] / 2;
    let values = [
        ("kernel_shape", Value::Ints(vec![weights[2], weights[3]])),
        ("strides", Value::Ints(vec![stride, stride])),
        ("pads", Value::Ints(vec![pad; 4])),
        ("group", Value::Int(group)),
    ];
    build.node("Conv", &inputs, &values)
}

fn pool(build: &mut Build, from: &str, kernel: i64, stride: i64, pad: i64) -> String {
    let values = [
        ("kernel_shape", Value::Ints(vec![kernel; 2])),
        ("strides", Value::Ints(vec![stride; 2])),
        ("pads", Value::Ints(vec![pad; 4])),
    ];
    build.node("MaxPool", &[from], &values)
}

fn concat(build: &mut Build, parts: &[&str], axis: i64) -> String {
    build.node("Concat", parts, &[("axis", Value::Int(axis))])
}

/// SqueezeNet 1.1: fire modules, 1,000 classes, input 3×224×224.
pub fn squeezenet() -> Vec<u8> {
    let mut net = Build::new(13, 11);
    let b = &mut net;
    let mut x = b.input(&[3, 224, 224]);
    x = same(b, &x, [64, 3, 3, 3], 2, 1);
    x = b.node("Relu", &[&x], &[]);
    x = pool(b, &x, 3, 2, 0);
    let fires = [
        (64, 16, 64),
        (128, 16, 64),
        (0, 0, 0),
        (128, 32, 128),
        (256, 32, 128),
        (0, 0, 0),
        (256, 48, 192),
        (384, 48, 192),
        (384, 64, 256),
        (512, 64, 256),
    ];
    for (from, squeeze, expand) in fires {
        if from == 0 {
            x = pool(b, &x, 3, 2, 0);
            continue;
        }
        x = same(b, &x, [squeeze, from, 1, 1], 1, 1);
        x = b.node("Relu", &[&x], &[]);
        let mut one = same(b, &x, [expand, squeeze, 1, 1], 1, 1);
        one = b.node("Relu", &[&one], &[]);
        let mut three = same(b, &x, [expand, squeeze, 3, 3], 1, 1);
        three = b.node("Relu", &[&three], &[]);
        x = concat(b, &[&one, &three], 1);
    }
    x = b.node("Dropout", &[&x], &[]);
    x = same(b, &x, [1000, 512, 1, 1], 1, 1);
    x = b.node("Relu", &[&x], &[]);
    x = b.node("GlobalAveragePool", &[&x], &[]);
    x = b.node("Flatten", &[&x], &[]);
    net.file(&[&x])
}

/// MobileNetV2: inverted residuals with batch normalisation and Clip, a
/// transposed Gemm, 1,000 classes, input 3×224×224.
pub fn mobilenet_v2() -> Vec<u8> {
    let mut net = Build::new(12, 12);
    let b = &mut net;
    let mut x = b.input(&[3, 224, 224]);
    x = normalised(b, &x, [32, 3, 3, 3], 2, 1, true);
    let mut from = 32;
    for (expand, to, count, first) in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ] {
        for at in 0..count {
            let stride = if at == 0 { first } else { 1 };
            let hidden = from * expand;
            let mut y = x.clone();
            if expand != 1 {
                y = normalised(b, &y, [hidden, from, 1, 1], 1, 1, true);
            }
            y = normalised(b, &y, [hidden, 1, 3, 3], stride, hidden, true);
            y = normalised(b, &y, [to, hidden, 1, 1], 1, 1, false);
            x = if stride == 1 && from == to { b.node("Add", &[&x, &y], &[]) } else { y };
            from = to;
        }
    }
    x = normalised(b, &x, [1280, 320, 1, 1], 1, 1, true);
    x = b.node(
        "ReduceMean",
        &[&x],
        &[("axes", Value::Ints(vec![2, 3])), ("keepdims", Value::Int(0))],
    );
    let (weights, bias) = (b.weights(&[1000, 1280]), b.weights(&[1000]));
    x = b.node("Gemm", &[&x, &weights, &bias], &[("transB", Value::Int(1))]);
    net.file(&[&x])
}

fn normalised(
    b: &mut Build,
    x: &str,
    weights: [i64; 4],
    stride: i64,
    group: i64,
    clip: bool,
) -> String {
    let filters = b.weights(&weights);
    let pad = weights[2] / 2;
    let values = [
        ("kernel_shape", Value::Ints(vec![weights[2], weights[3]])),
        ("strides", Value::Ints(vec![stride, stride])),
        ("pads", Value::Ints(vec![pad; 4])),
        ("group", Value::Int(group)),
    ];
    let x = b.node("Conv", &[x, &filters], &values);
    let count = weights[0];
    let around = |b: &mut Build, middle: f32, spread: f32| {
        let numbers = (0..count).map(|at| middle + spread * ((at * 7 % 11) as f32 - 5.0) / 5.0);
        b.floats(&[count], numbers.collect())
    };
    let (gamma, beta) = (around(b, 1.0, 0.3), around(b, 0.1, 0.2));
    let (mean, variance) = (around(b, 0.0, 0.1), around(b, 1.0, 0.2));
    let x = b.node("BatchNormalization", &[&x, &gamma, &beta, &mean, &variance], &[]);
    if !clip {
        return x;
    }
    let (least, most) = (b.floats(&[], vec![0.0]), b.floats(&[], vec![6.0]));
    b.node("Clip", &[&x, &least, &most], &[])
}

/// U-Net at 128 pixels: three steps down and three up, each joined with the
/// step down of its size; one of the steps up is a transposed convolution.
pub fn unet() -> Vec<u8> {
    let mut net = Build::new(13, 15);
    let b = &mut net;
    let mut x = b.input(&[3, 128, 128]);
    let (mut from, mut skipped) = (3, Vec::new());
    for to in [16, 32, 64] {
        x = twice(b, &x, from, to);
        skipped.push((x.clone(), to));
        x = pool(b, &x, 2, 2, 0);
        from = to;
    }
    x = twice(b, &x, from, 128);
    from = 128;
    for (at, (skip, depth)) in skipped.into_iter().rev().enumerate() {
        x = if at == 0 { up_by_weights(b, &x, [from, depth]) } else { up(b, &x) };
        let width = if at == 0 { depth } else { from };
        x = concat(b, &[&x, &skip], 1);
        x = twice(b, &x, width + depth, depth);
        from = depth;
    }
    x = same(b, &x, [1, from, 1, 1], 1, 1);
    x = b.node("Sigmoid", &[&x], &[]);
    net.file(&[&x])
}

fn twice(b: &mut Build, x: &str, from: i64, to: i64) -> String {
    let x = same(b, x, [to, from, 3, 3], 1, 1);
    let x = b.node("Relu", &[&x], &[]);
    let x = same(b, &x, [to, to, 3, 3], 1, 1);
    b.node("Relu", &[&x], &[])
}

fn up_by_weights(b: &mut Build, x: &str, [from, to]: [i64; 2]) -> String {
    let (filters, bias) = (b.weights(&[from, to, 2, 2]), b.weights(&[to]));
    let values = [("kernel_shape", Value::Ints(vec![2; 2])), ("strides", Value::Ints(vec![2; 2]))];
    b.node("ConvTranspose", &[x, &filters, &bias], &values)
}

/// YOLOv8n-seg's shape at 320 pixels, raw heads.
pub fn yolo_seg() -> Vec<u8> {
    let mut net = Build::new(13, 13);
    let Heads { sides, classes, masks, prototypes } = yolo(&mut net, 320, [0.0, 1.0]);
    let classes = net.node("Sigmoid", &[&classes], &[]);
    net.file(&[&sides, &classes, &masks, &prototypes])
}

/// The same at 640 pixels as Ultralytics exports it: boxes by their centres in
/// pixels, scores and coefficients as one output, prototypes as the other.
pub fn yolo_seg_joined() -> Vec<u8> {
    let mut net = Build::new(13, 27).with_gain(1.28);
    // As in a trained net, few scores are high.
    let Heads { sides, classes, masks, prototypes } = yolo(&mut net, 640, [-6.0, 0.2]);
    let b = &mut net;
    let grids = [(8, 80), (16, 40), (32, 20)];
    let places =
        |stride: i64, side: i64| (0..side * side).map(move |at| (stride, at % side, at / side));
    let cells: Vec<_> = grids.into_iter().flat_map(|(stride, side)| places(stride, side)).collect();
    let count = cells.len() as i64;
    let middles = cells.iter().map(|cell| cell.1).chain(cells.iter().map(|cell| cell.2));
    let middles = b.floats(&[1, 2, count], middles.map(|at| at as f32 + 0.5).collect());
    let strides = b.floats(&[1, 1, count], cells.iter().map(|cell| cell.0 as f32).collect());
    let lengths = b.ints(&[2, 2]);
    let parts = b.nodes("Split", &[&sides, &lengths], &[("axis", Value::Int(1))], 2);
    let first = b.node("Sub", &[&middles, &parts[0]], &[]);
    let last = b.node("Add", &[&middles, &parts[1]], &[]);
    let (sum, size) = (b.node("Add", &[&first, &last], &[]), b.node("Sub", &[&last, &first], &[]));
    let two = b.floats(&[], vec![2.0]);
    let middle = b.node("Div", &[&sum, &two], &[]);
    let boxes = concat(b, &[&middle, &size], 1);
    let boxes = b.node("Mul", &[&boxes, &strides], &[]);
    let classes = b.node("Sigmoid", &[&classes], &[]);
    let rows = concat(b, &[&boxes, &classes, &masks], 1);
    net.file(&[&rows, &prototypes])
}

/// Names of a segmenter's heads: sides in strides, scores before a sigmoid.
struct Heads {
    sides: String,
    classes: String,
    masks: String,
    prototypes: String,
}

/// YOLOv8n-seg's body: C2f blocks with Split, SPPF, nearest upsampling, three
/// heads joined, box distributions through Softmax, and mask prototypes through
/// a transposed convolution. The biases of its scores have this mean and
/// spread.
fn yolo(b: &mut Build, side: i64, [middle, spread]: [f32; 2]) -> Heads {
    let input = b.input(&[3, side, side]);
    let x = silu(b, &input, [16, 3, 3, 3], 2);
    let x = silu(b, &x, [32, 16, 3, 3], 2);
    let x = c2f(b, &x, 32, 32, 1, true);
    let x = silu(b, &x, [64, 32, 3, 3], 2);
    let p3 = c2f(b, &x, 64, 64, 2, true);
    let x = silu(b, &p3, [128, 64, 3, 3], 2);
    let p4 = c2f(b, &x, 128, 128, 2, true);
    let x = silu(b, &p4, [256, 128, 3, 3], 2);
    let x = c2f(b, &x, 256, 256, 1, true);
    let x = silu(b, &x, [128, 256, 1, 1], 1);
    let (one, two) = (pool(b, &x, 5, 1, 2), x.clone());
    let second = pool(b, &one, 5, 1, 2);
    let third = pool(b, &second, 5, 1, 2);
    let x = concat(b, &[&two, &one, &second, &third], 1);
    let p5 = silu(b, &x, [256, 512, 1, 1], 1);
    let x = up(b, &p5);
    let x = concat(b, &[&x, &p4], 1);
    let n4 = c2f(b, &x, 384, 128, 1, false);
    let x = up(b, &n4);
    let x = concat(b, &[&x, &p3], 1);
    let n3 = c2f(b, &x, 192, 64, 1, false);
    let x = silu(b, &n3, [64, 64, 3, 3], 2);
    let x = concat(b, &[&x, &n4], 1);
    let n4 = c2f(b, &x, 192, 128, 1, false);
    let x = silu(b, &n4, [128, 128, 3, 3], 2);
    let x = concat(b, &[&x, &p5], 1);
    let n5 = c2f(b, &x, 384, 256, 1, false);
    let x = silu(b, &n3, [64, 64, 3, 3], 1);
    let x = up_by_weights(b, &x, [64, 64]);
    let x = silu(b, &x, [64, 64, 3, 3], 1);
    let prototypes = silu(b, &x, [32, 64, 1, 1], 1);
    let mut rows = [Vec::new(), Vec::new()];
    for (from, width, stride) in [(&n3, 64, 8), (&n4, 128, 16), (&n5, 256, 32)] {
        let cells = (side / stride) * (side / stride);
        let x = silu(b, from, [64, width, 3, 3], 1);
        let boxes = same(b, &x, [64, 64, 1, 1], 1, 1);
        let x = silu(b, from, [80, width, 3, 3], 1);
        let (filters, bias) = (b.weights(&[80, 80, 1, 1]), b.weights_around(middle, spread, &[80]));
        let classes = padded(b, [&x, &filters, &bias], [80, 80, 1, 1], 1, 1);
        let x = silu(b, from, [32, width, 3, 3], 1);
        let masks = same(b, &x, [32, 32, 1, 1], 1, 1);
        let scores = concat(b, &[&boxes, &classes], 1);
        let shape = b.ints(&[0, 144, cells]);
        rows[0].push(b.node("Reshape", &[&scores, &shape], &[]));
        let shape = b.ints(&[0, 32, cells]);
        rows[1].push(b.node("Reshape", &[&masks, &shape], &[]));
    }
    let [scores, masks] =
        rows.map(|rows| concat(b, &rows.iter().map(String::as_str).collect::<Vec<_>>(), 2));
    let lengths = b.ints(&[64, 80]);
    let parts = b.nodes("Split", &[&scores, &lengths], &[("axis", Value::Int(1))], 2);
    let all = side * side / 64 * 21 / 16;
    let shape = b.ints(&[0, 4, 16, all]);
    let x = b.node("Reshape", &[&parts[0], &shape], &[]);
    let x = b.node("Transpose", &[&x], &[("perm", Value::Ints(vec![0, 2, 1, 3]))]);
    let x = b.node("Softmax", &[&x], &[("axis", Value::Int(1))]);
    let steps = b.floats(&[1, 16, 1, 1], (0..16_u8).map(f32::from).collect());
    let x = b.node("Conv", &[&x, &steps], &[]);
    let shape = b.ints(&[0, 4, all]);
    let sides = b.node("Reshape", &[&x, &shape], &[]);
    Heads { sides, classes: parts[1].clone(), masks, prototypes }
}

fn silu(b: &mut Build, x: &str, weights: [i64; 4], stride: i64) -> String {
    let x = same(b, x, weights, stride, 1);
    let gate = b.node("Sigmoid", &[&x], &[]);
    b.node("Mul", &[&x, &gate], &[])
}

fn c2f(b: &mut Build, x: &str, from: i64, to: i64, count: i64, adds: bool) -> String {
    let half = to / 2;
    let x = silu(b, x, [to, from, 1, 1], 1);
    let lengths = b.ints(&[half, half]);
    let mut parts = b.nodes("Split", &[&x, &lengths], &[("axis", Value::Int(1))], 2);
    for _ in 0..count {
        let last = parts[parts.len() - 1].clone();
        let y = silu(b, &last, [half, half, 3, 3], 1);
        let y = silu(b, &y, [half, half, 3, 3], 1);
        parts.push(if adds { b.node("Add", &[&last, &y], &[]) } else { y });
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let x = concat(b, &parts, 1);
    silu(b, &x, [to, (2 + count) * half, 1, 1], 1)
}

fn up(b: &mut Build, x: &str) -> String {
    let scales = b.floats(&[4], vec![1.0, 1.0, 2.0, 2.0]);
    let values = [
        ("mode", Value::Text("nearest")),
        ("coordinate_transformation_mode", Value::Text("asymmetric")),
        ("nearest_mode", Value::Text("floor")),
    ];
    b.node("Resize", &[x, "", &scales], &values)
}
