//! A segmenter as Ultralytics exports it: what is found in its outputs,
//! compared with what `tests/reference/segment.py` finds in ONNX Runtime's.

use data_encoding::BASE64URL_NOPAD;
use munjigi_gpu_backend::engine::Engine;
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::registry::Manifest;
use munjigi_gpu_backend::registry::outputs::{Heads as Layouts, Outputs};
use munjigi_gpu_backend::task::{Bounds, Boxes, Found, Heads, Layout, Threshold, segment};
use munjigi_gpu_backend::trust::inputs;
use serde::Deserialize;

use crate::{CPU, cases, reference};

const SIDE: usize = 640;
const LABELS: usize = 80;
const CELLS: usize = 8_400;
const LAYOUT: Layout = Layout { height: SIDE, width: SIDE, labels: LABELS, prototypes: 32 };
/// The values of `segment.py`.
const THRESHOLD: Threshold = Threshold { score: 0.25, overlap: 0.5, count: 12 };

#[derive(Deserialize)]
struct Stored {
    label: usize,
    score: f32,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    mask: String,
}

/// Intersection over union of two masks.
fn likeness(found: &Found, stored: &Stored) -> f64 {
    let bits = BASE64URL_NOPAD.decode(stored.mask.as_bytes()).unwrap();
    let stored = (0..found.mask.pixels.len()).map(|at| bits[at / 8] >> (at % 8) & 1 == 1);
    let (mut common, mut either) = (0, 0);
    for (&one, other) in found.mask.pixels.iter().zip(stored) {
        common += u32::from(one && other);
        either += u32::from(one || other);
    }
    f64::from(common) / f64::from(either)
}

#[test]
fn things_are_found_in_joined_outputs_as_an_independent_program_finds_them() {
    let case = cases::joined();
    let model = Canonical::new(&Graph::read(&case.file).unwrap(), 1).unwrap();
    let shapes: Vec<&[usize]> =
        model.outputs.iter().map(|name| model.shapes[name].as_slice()).collect();
    assert_eq!(shapes, [&[1, 4 + LABELS + 32, CELLS][..], &[1, 32, 160, 160]]);
    let labels: Vec<String> = (0..LABELS).map(|at| format!("label {at}")).collect();
    let manifest = format!(
        "name = \"m\"\nversion = \"1.0.0\"\ntask = \"segment\"\nsha256 = \"{}\"\n\
         licence = \"MIT\"\nsource = \"a test\"\nlabels = {labels:?}\n\
         [input]\nchannels = 3\nheight = {SIDE}\nwidth = {SIDE}\n\
         mean = [0.0, 0.0, 0.0]\ndeviation = [1.0, 1.0, 1.0]\n",
        "0".repeat(64)
    );
    let manifest = Manifest::read(&manifest, |_| unreachable!()).unwrap();
    let joined = Outputs::Things(Layouts::Joined { rows: 0, prototypes: 1 });
    assert_eq!(Outputs::of(&manifest, &model).unwrap(), joined);

    let numbers = inputs(&model, 7);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let outputs = CPU.load(&model).unwrap().run(&views).unwrap();
    reference::compare(case.name, 1, &outputs).unwrap();
    let (boxes, rest) = outputs[0].split_at(4 * CELLS);
    let (scores, coefficients) = rest.split_at(LABELS * CELLS);
    let boxes = Boxes::Middles(boxes);
    let heads = Heads { boxes, scores, coefficients, prototypes: &outputs[1] };
    let found = segment(LAYOUT, heads, THRESHOLD).unwrap();

    let stored: Vec<Stored> =
        serde_json::from_str(include_str!("../reference/segmented.json")).unwrap();
    assert_eq!((found.len(), stored.len()), (THRESHOLD.count, THRESHOLD.count));
    for (at, (found, stored)) in found.iter().zip(&stored).enumerate() {
        let [left, top, right, bottom] = stored.bounds;
        assert_eq!(found.label, stored.label, "{at}");
        assert!((found.score - stored.score).abs() < 1e-4, "{at}: {}", found.score);
        let bounds = found.bounds.overlap(Bounds { left, top, right, bottom });
        let mask = likeness(found, stored);
        assert!(bounds >= 0.99 && mask >= 0.99, "{at}: boxes {bounds}, masks {mask}");
    }
}
