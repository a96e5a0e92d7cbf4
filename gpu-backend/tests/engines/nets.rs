//! Nets of the SqueezeNet, MobileNetV2 and YOLO-seg shapes, weights from a
//! seed, on both engines.

use munjigi_gpu_backend::engine::Engine;
use munjigi_gpu_backend::onnx::{Canonical, Graph};

use crate::cases::build::Build;
use crate::cases::nets;
use crate::operators::compute;
use crate::{CPU, adapter, gpu};

#[test]
fn nets_are_right_on_the_cpu() {
    for case in nets() {
        for &batch in case.batches {
            compute(&case, batch, &CPU)
                .unwrap_or_else(|what| panic!("{} ×{batch}: {what}", case.name));
        }
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn nets_are_right_on_the_gpu() {
    // Eight pictures take a software adapter a minute, by the same shaders as two.
    let most = if adapter::name() == adapter::SOFTWARE { 4 } else { usize::MAX };
    for case in nets() {
        for &batch in case.batches.iter().filter(|batch| **batch <= most) {
            compute(&case, batch, gpu())
                .unwrap_or_else(|what| panic!("{} ×{batch}: {what}", case.name));
        }
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_deep_net_fits_the_stack_and_a_deeper_one_is_refused() {
    let chain = |count: usize| {
        let mut build = Build::new(13, 1);
        let mut x = build.input(&[4]);
        for _ in 0..count {
            x = build.node("Sigmoid", &[&x], &[]);
        }
        Canonical::new(&Graph::read(&build.file(&[&x])).unwrap(), 1).unwrap()
    };
    let (deep, deeper) = (chain(2_000), chain(2_001));
    CPU.load(&deeper).unwrap();
    gpu().load(&deep).unwrap().run(&[&[0.5; 4]]).unwrap();
    assert_eq!(gpu().load(&deeper).err().unwrap().code(), "operator-unsupported");
}
