//! The networks of `models/`, as the service loads and runs them.

use std::time::Duration;

use munjigi_gpu_backend::engine::{Engine, Kind};
use munjigi_gpu_backend::loaded::{BATCHES, Loaded};
use munjigi_gpu_backend::onnx::Canonical;
use munjigi_gpu_backend::registry::{Entry, Opened, Registry};
use munjigi_gpu_backend::trust::{difference, inputs};

use crate::{CPU, adapter, engines};

/// Enough for a software adapter on a busy machine.
const LONG: Duration = Duration::from_mins(10);

/// The sizes to try: all of them on a GPU. A software adapter computes the
/// largest for minutes, by the same shaders as one picture and two.
fn batches() -> &'static [usize] {
    if adapter::name() == adapter::SOFTWARE { &[1, 2] } else { &BATCHES }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn shipped_nets_are_right_on_the_gpu_at_every_batch_size() {
    // Cargo runs tests in the package's folder, and so does `munjigi-prove`.
    let listed = Registry::new("models").list().unwrap();
    assert!(listed.len() >= 2, "scene-tile and scene-things");
    for listed in listed {
        let opened: Opened = listed.entry.and_then(Entry::open).unwrap();
        let single = Canonical::new(&opened.graph, 1).unwrap();
        let cpu = CPU.load(&single).unwrap();
        let loaded = Loaded::load_on(engines(), opened, batches()).unwrap();
        let name = loaded.label();
        for place in loaded.places() {
            assert_eq!(place.kind, Kind::Gpu, "{name} ×{}: {}", place.batch, place.why);
        }
        for &batch in batches() {
            let images: Vec<_> = (0..batch).map(|seed| inputs(&single, seed as u64)).collect();
            let views: Vec<&[f32]> = images.iter().map(|image| image[0].as_slice()).collect();
            let (answers, engine) = loaded.run(&views, LONG).unwrap();
            assert_eq!((answers.len(), engine), (batch, "wonnx"), "{name} ×{batch}");
            for (found, view) in answers.iter().zip(views) {
                let wanted = cpu.run(&[view]).unwrap();
                for ((found, wanted), output) in found.iter().zip(&wanted).zip(&single.outputs) {
                    let far = difference(found, wanted);
                    let tolerance = loaded.manifest.tolerance;
                    assert!(far.within(tolerance), "{name} ×{batch}, {output}: {far}");
                }
            }
        }
    }
}
