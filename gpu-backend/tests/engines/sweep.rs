//! Graphs with random parameters, compared on both engines: they cover what a
//! fixed table of graphs does not. `MUNJIGI_SWEEP` sets how many per kind.

use munjigi_gpu_backend::engine::{Engine, LoadError};
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::trust::{Difference, difference, inputs, uniform};

use crate::cases::build::{Build, Value};
use crate::{CPU, gpu};

/// Draws random whole numbers.
struct Draw(u64);

impl Draw {
    fn up_to(&mut self, most: i64) -> i64 {
        let part = f32::midpoint(uniform(&mut self.0), 1.0);
        1 + ((part * most as f32) as i64).min(most - 1)
    }

    fn one_of<const N: usize>(&mut self, choices: [i64; N]) -> i64 {
        choices[self.up_to(N as i64) as usize - 1]
    }
}

type Make = fn(&mut Draw, &mut Build) -> Vec<String>;

/// Whether one graph was compared: the canonical form or the GPU engine may
/// refuse it. A difference is an error.
fn compare(seed: u64, gpu: &dyn Engine, make: Make) -> Result<bool, String> {
    let mut draw = Draw(seed);
    let mut build = Build::new(13, seed);
    let outputs = make(&mut draw, &mut build);
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let batch = draw.one_of([1, 2, 3, 4, 5, 8]) as usize;
    let graph = Graph::read(&build.file(&outputs)).unwrap();
    let Ok(model) = Canonical::new(&graph, batch) else { return Ok(false) };
    let said = |what: String| format!("{what}: ×{batch} {:?}", model.nodes);
    let session = match gpu.load(&model) {
        Ok(session) => session,
        Err(LoadError::Unsupported(_)) => return Ok(false),
        Err(error) => return Err(said(error.to_string())),
    };
    let numbers = inputs(&model, seed);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let wanted = CPU.load(&model).unwrap().run(&views).unwrap();
    let found = session.run(&views).map_err(|error| said(error.to_string()))?;
    let far = found.iter().zip(&wanted).map(|(a, b)| difference(a, b));
    let far = far.fold(Difference::default(), Difference::max);
    if far.within(1e-3) { Ok(true) } else { Err(said(far.to_string())) }
}

fn sweep(make: Make) {
    let count = std::env::var("MUNJIGI_SWEEP").map_or(12, |text| text.parse().unwrap());
    let answers: Vec<_> = (0..count).map(|seed| compare(seed, gpu(), make)).collect();
    let wrong: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
    let compared = answers.iter().filter(|answer| **answer == Ok(true)).count();
    assert!(compared * 3 >= answers.len(), "only {compared} of {count} were compared");
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn convolutions_agree() {
    sweep(|draw, b| {
        let group = draw.one_of([1, 1, 1, 2, 4]);
        let (depth, each) = (draw.up_to(20), draw.up_to(9));
        let kernel = [draw.one_of([1, 3, 3, 5]), draw.one_of([1, 3, 3, 2])];
        let x = b.input(&[depth * group, 6 + draw.up_to(9), 6 + draw.up_to(9)]);
        let mut inputs = vec![x, b.weights(&[each * group, depth, kernel[0], kernel[1]])];
        if draw.up_to(2) == 1 {
            inputs.push(b.weights(&[each * group]));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let pads = (0..4).map(|_| draw.up_to(3) - 1).collect();
        let values = [
            ("strides", Value::Ints(vec![draw.up_to(2), draw.up_to(2)])),
            ("dilations", Value::Ints(vec![draw.up_to(2); 2])),
            ("pads", Value::Ints(pads)),
            ("group", Value::Int(group)),
        ];
        let x = b.node("Conv", &inputs, &values);
        vec![match draw.up_to(4) {
            1 => b.node("Relu", &[&x], &[]),
            2 => b.node("LeakyRelu", &[&x], &[("alpha", Value::Float(0.3))]),
            3 => b.node("Sigmoid", &[&x], &[]),
            _ => x,
        }]
    });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn pools_agree() {
    sweep(|draw, b| {
        let op = ["MaxPool", "AveragePool"][draw.up_to(2) as usize - 1];
        let x = b.input(&[draw.up_to(9), 5 + draw.up_to(9), 5 + draw.up_to(9)]);
        let kernel = [1 + draw.up_to(3), 1 + draw.up_to(3)];
        let pads = (0..4).map(|at| draw.up_to(kernel[at % 2]) - 1).collect();
        let values = [
            ("kernel_shape", Value::Ints(kernel.to_vec())),
            ("strides", Value::Ints(vec![draw.up_to(3), draw.up_to(3)])),
            ("pads", Value::Ints(pads)),
            ("ceil_mode", Value::Int(draw.up_to(2) - 1)),
            ("count_include_pad", Value::Int(draw.up_to(2) - 1)),
        ];
        let kept = if op == "MaxPool" { &values[..4] } else { &values[..] };
        vec![b.node(op, &[&x], kept)]
    });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn products_agree() {
    sweep(|draw, b| {
        let (depth, columns) = (draw.up_to(24), draw.up_to(24));
        if draw.up_to(2) == 1 {
            let x = b.input(&[depth]);
            let turned = draw.up_to(2) - 1;
            let shape = if turned == 1 { [columns, depth] } else { [depth, columns] };
            let weights = b.weights(&shape);
            let bias = [vec![columns], vec![1], vec![1, columns], vec![1, 1]];
            let bias = b.weights(&bias[draw.up_to(4) as usize - 1]);
            return vec![b.node("Gemm", &[&x, &weights, &bias], &[("transB", Value::Int(turned))])];
        }
        let x = b.input(&[draw.up_to(3), draw.up_to(12), depth]);
        if draw.up_to(2) == 1 {
            let right = b.weights(&[depth, columns]);
            return vec![b.node("MatMul", &[&x, &right], &[])];
        }
        let y = b.node("Transpose", &[&x], &[("perm", Value::Ints(vec![0, 1, 3, 2]))]);
        vec![b.node("MatMul", &[&x, &y], &[])]
    });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn arrangements_agree() {
    sweep(|draw, b| {
        let shape = [draw.up_to(9), draw.up_to(9), draw.up_to(9)];
        let x = b.input(&shape);
        let axis = draw.up_to(3);
        let length = shape[axis as usize - 1];
        match draw.up_to(5) {
            1 => {
                let first = draw.up_to(length.max(2) - 1);
                if first >= length {
                    return vec![b.node("Neg", &[&x], &[])];
                }
                let lengths = b.ints(&[first, length - first]);
                let parts = b.nodes("Split", &[&x, &lengths], &[("axis", Value::Int(axis))], 2);
                let parts = [&parts[1], &x, &parts[0]].map(String::as_str);
                vec![b.node("Concat", &parts, &[("axis", Value::Int(axis))])]
            }
            2 => {
                let mut order = [1, 2, 3];
                order.rotate_left(draw.up_to(3) as usize - 1);
                order.swap(0, draw.up_to(3) as usize - 1);
                let perm = std::iter::once(0).chain(order).collect();
                vec![b.node("Transpose", &[&x], &[("perm", Value::Ints(perm))])]
            }
            3 => {
                let pads: Vec<i64> =
                    (0..8).map(|at| if at % 4 == 0 { 0 } else { draw.up_to(4) - 1 }).collect();
                let pads = b.ints(&pads);
                vec![b.node("Pad", &[&x, &pads], &[])]
            }
            4 => vec![b.node("Softmax", &[&x], &[("axis", Value::Int(axis))])],
            _ => {
                let (start, end) = (b.ints(&[draw.up_to(length) - 1]), b.ints(&[length]));
                let axis = b.ints(&[axis]);
                vec![b.node("Slice", &[&x, &start, &end, &axis], &[])]
            }
        }
    });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn pictures_resized_agree() {
    sweep(|draw, b| {
        let (small, factor) = ([draw.up_to(9), draw.up_to(9)], [draw.up_to(4), draw.up_to(4)]);
        let large = [small[0] * factor[0], small[1] * factor[1]];
        let (from, to) = if draw.up_to(2) == 1 { (small, large) } else { (large, small) };
        let x = b.input(&[draw.up_to(5), from[0], from[1]]);
        let shape = b.node("Shape", &[&x], &[("end", Value::Int(2))]);
        let to = b.ints(&to);
        let sizes = b.node("Concat", &[&shape, &to], &[("axis", Value::Int(0))]);
        let places = ["half_pixel", "asymmetric"][draw.up_to(2) as usize - 1];
        let roundings = ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"];
        let values = [
            ("coordinate_transformation_mode", Value::Text(places)),
            ("nearest_mode", Value::Text(roundings[draw.up_to(4) as usize - 1])),
        ];
        vec![b.node("Resize", &[&x, "", "", &sizes], &values)]
    });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn pairs_and_means_agree() {
    sweep(|draw, b| {
        let shape = [draw.up_to(9), draw.up_to(9), draw.up_to(9)];
        let x = b.input(&shape);
        if draw.up_to(3) == 1 {
            let axes: Vec<i64> = (1..4).filter(|_| draw.up_to(2) == 1).collect();
            let keeps = ("keepdims", Value::Int(draw.up_to(2) - 1));
            let axes = if axes.is_empty() { vec![1] } else { axes };
            return vec![b.node("ReduceMean", &[&x], &[("axes", Value::Ints(axes)), keeps])];
        }
        let other: Vec<i64> =
            shape.iter().map(|&size| if draw.up_to(2) == 1 { 1 } else { size }).collect();
        let skipped = draw.up_to(3) as usize - 1;
        let y = b.weights(&other[skipped..]);
        let op = ["Add", "Sub", "Mul", "Div", "PRelu"][draw.up_to(5) as usize - 1];
        if op != "PRelu" && draw.up_to(2) == 1 {
            return vec![b.node(op, &[&y, &x], &[])];
        }
        vec![b.node(op, &[&x, &y], &[])]
    });
}

/// Values that live long and are used again: what sharing buffers and fusing
/// nodes may get wrong. All are square pictures of one size.
#[test]
#[ignore = "needs a Vulkan adapter"]
fn tangled_networks_agree() {
    sweep(|draw, b| {
        let mut values = vec![(b.input(&[4, 6, 6]), 4)];
        for _ in 0..4 + draw.up_to(12) {
            let count = values.len() as i64;
            let (x, depth) = values[draw.up_to(count) as usize - 1].clone();
            let (y, other) = values[draw.up_to(count) as usize - 1].clone();
            match draw.up_to(9) {
                1 => values.push((b.node("Relu", &[&x], &[]), depth)),
                2 => values.push((b.node("Sigmoid", &[&x], &[]), depth)),
                3 => values.push((b.node("Identity", &[&x], &[]), depth)),
                4 | 5 => {
                    let to = 4 * draw.up_to(2);
                    let filters = b.weights(&[to, depth, 3, 3]);
                    values.push((
                        b.node("Conv", &[&x, &filters], &[("pads", Value::Ints(vec![1; 4]))]),
                        to,
                    ));
                }
                6 if depth == other => values.push((b.node("Add", &[&x, &y], &[]), depth)),
                7 if depth + other <= 24 => {
                    values.push((
                        b.node("Concat", &[&x, &y], &[("axis", Value::Int(1))]),
                        depth + other,
                    ));
                }
                8 if depth % 2 == 0 => {
                    let halves = b.nodes("Split", &[&x], &[("axis", Value::Int(1))], 2);
                    values.extend(halves.into_iter().map(|half| (half, depth / 2)));
                }
                _ => {
                    let shape = b.ints(&[0, -1, 36]);
                    let flat = b.node("Reshape", &[&x, &shape], &[]);
                    let shape = b.ints(&[0, -1, 6, 6]);
                    values.push((b.node("Reshape", &[&flat, &shape], &[]), depth));
                }
            }
        }
        let last = values[values.len() - 1].0.clone();
        let other = values[draw.up_to(values.len() as i64) as usize - 1].0.clone();
        if last == other { vec![last] } else { vec![last, other] }
    });
}
