//! Each operator as a minimal graph: correct within 1e-3, or refused by the GPU
//! engine by name and correct on the CPU.

use munjigi_gpu_backend::engine::{Engine, LoadError};
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::trust::inputs;

use crate::cases::{Case, Place, operators};
use crate::{CPU, gpu, reference};

/// Runs one case on one engine; returns what is wrong.
pub fn compute(case: &Case, batch: usize, engine: &dyn Engine) -> Result<(), String> {
    let graph = Graph::read(&case.file).map_err(|error| error.to_string())?;
    let model = Canonical::new(&graph, batch).map_err(|error| error.to_string())?;
    let session = engine.load(&model).map_err(|error| error.to_string())?;
    let numbers = inputs(&model, 7);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let found = session.run(&views).map_err(|error| error.to_string())?;
    reference::compare(case.name, batch, &found)
}

fn wrong(place: Option<Place>, engine: &dyn Engine) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in operators::all() {
        let batches = case.batches.iter().copied();
        for batch in batches.filter(|&batch| reference::is_stored(case.name, batch)) {
            if place.is_none_or(|place| place == case.place)
                && let Err(what) = compute(&case, batch, engine)
            {
                wrong.push(format!("{} ×{batch}: {what}", case.name));
            }
        }
    }
    wrong
}

#[test]
fn every_operator_is_right_on_the_cpu() {
    let wrong = wrong(None, &CPU);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn every_operator_of_the_gpu_is_right_on_the_gpu() {
    let wrong = wrong(Some(Place::Gpu), gpu());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn operators_for_the_cpu_only_are_refused_by_name() {
    for case in operators::all().iter().filter(|case| case.place == Place::Cpu) {
        let model = Canonical::new(&Graph::read(&case.file).unwrap(), case.batches[0]).unwrap();
        let Err(LoadError::Unsupported(refusal)) = gpu().load(&model) else {
            panic!("{} is not refused", case.name);
        };
        let node = model.nodes.iter().find(|node| node.name == refusal.node);
        assert!(node.is_some_and(|node| node.op == refusal.op), "{}: {refusal}", case.name);
    }
}

#[test]
fn only_a_shape_made_for_one_sample_has_no_stored_answer() {
    let missing = operators::all().into_iter().flat_map(|case| {
        let batches = case.batches.iter().map(move |&batch| (case.name, batch));
        batches.filter(|&(name, batch)| !reference::is_stored(name, batch)).collect::<Vec<_>>()
    });
    assert_eq!(missing.collect::<Vec<_>>(), [("reshape-for-one", 8)]);
}
