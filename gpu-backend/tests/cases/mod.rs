//! The graphs that engines are tested with, made from seeds: what
//! `examples/write_graphs.rs` writes for ONNX Runtime and what the tests run.

pub mod build;
pub mod nets;
pub mod operators;

/// The engine that a graph is expected to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The GPU engine computes it correctly.
    Gpu,
    /// The GPU engine refuses it by name; the CPU engine computes it correctly.
    Cpu,
}

/// A graph and its expected result.
pub struct Case {
    pub name: &'static str,
    pub place: Place,
    pub batches: &'static [usize],
    pub file: Vec<u8>,
}

pub fn nets() -> Vec<Case> {
    let case = |name, batches, file| Case { name, place: Place::Gpu, batches, file };
    vec![
        case("squeezenet", &[1, 4], nets::squeezenet()),
        case("mobilenet-v2", &[1, 2], nets::mobilenet_v2()),
        case("unet", &[1, 8], nets::unet()),
        case("yolo-seg", &[1, 2], nets::yolo_seg()),
    ]
}

/// A segmenter as Ultralytics exports it, and the things that
/// `tests/reference/segment.py` finds in its outputs.
pub fn joined() -> Case {
    Case {
        name: "yolo-seg-joined",
        place: Place::Gpu,
        batches: &[1],
        file: nets::yolo_seg_joined(),
    }
}
