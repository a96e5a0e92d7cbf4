//! What a model is allowed to do after the engines were compared.

use std::time::Duration;

use munjigi_gpu_backend::engine::choice::{Engines, Wish};
use munjigi_gpu_backend::engine::fence::Patience;
use munjigi_gpu_backend::engine::{Description, Engine, Kind, LoadError, Rten, RunError, Session};
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::trust::{TrustError, Trusted, Verdict, inputs};

use crate::cases::build::{Build, Value};
use crate::cases::operators;
use crate::engines;

const TOLERANCE: f32 = 1e-3;
const SOON: Duration = Duration::from_secs(10);

fn case(name: &str) -> Graph {
    let case = operators::all().into_iter().find(|case| case.name == name).unwrap();
    Graph::read(&case.file).unwrap()
}

/// A GPU engine with a fault: it computes on the CPU, but a network with the
/// operator `op` comes out wrong, or panics while it runs.
struct Faulty {
    op: &'static str,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Wrong,
    FailsAfter(usize),
    PanicsAfter(usize),
    NotANumberAfter(usize),
}

struct FaultySession {
    inner: Box<dyn Session>,
    fault: Option<Fault>,
    runs: std::sync::atomic::AtomicUsize,
}

impl Engine for Faulty {
    fn describe(&self) -> Description {
        Description { name: "faulty", kind: Kind::Gpu, device: "a fake".to_owned() }
    }

    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError> {
        let has = model.nodes.iter().any(|node| node.op == self.op);
        let fault = has.then_some(self.fault);
        Ok(Box::new(FaultySession { inner: Rten.load(model)?, fault, runs: 0.into() }))
    }
}

impl Session for FaultySession {
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        let runs = self.runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut outputs = self.inner.run(inputs)?;
        match self.fault {
            Some(Fault::Wrong) => {
                for number in outputs.iter_mut().flatten() {
                    *number += 0.5;
                }
            }
            Some(Fault::FailsAfter(most)) if runs >= most => {
                return Err(RunError::Failed("the device is lost".to_owned()));
            }
            Some(Fault::PanicsAfter(most)) if runs >= most => panic!("a driver's bug"),
            Some(Fault::NotANumberAfter(most)) if runs >= most => {
                for numbers in &mut outputs {
                    numbers.fill(f32::NAN);
                }
            }
            _ => {}
        }
        Ok(outputs)
    }
}

fn cpu() -> Engines {
    Engines::choose(&Wish::Cpu)
}

fn with(engine: Faulty) -> Engines {
    Engines::with(engine, Patience::REAL)
}

fn small_net() -> Graph {
    let mut build = Build::new(13, 1);
    let x = build.input(&[3, 8, 8]);
    let filters = build.weights(&[4, 3, 3, 3]);
    let x = build.node("Conv", &[&x, &filters], &[]);
    let x = build.node("Relu", &[&x], &[]);
    let x = build.node("Sigmoid", &[&x], &[]);
    let x = build.node("Tanh", &[&x], &[]);
    let x = build.node("GlobalAveragePool", &[&x], &[]);
    Graph::read(&build.file(&[&x])).unwrap()
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_model_on_which_both_engines_agree_runs_on_the_gpu() {
    let trusted = Trusted::load(engines(), &small_net(), 2, TOLERANCE).unwrap();
    assert!(matches!(trusted.verdict, Verdict::Agreed(_)), "{:?}", trusted.verdict);
    assert_eq!(trusted.kind(), Kind::Gpu);
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_model_that_the_gpu_refuses_runs_on_the_cpu() {
    let trusted = Trusted::load(engines(), &case("erf"), 1, TOLERANCE).unwrap();
    assert!(matches!(trusted.verdict, Verdict::Refused(LoadError::Unsupported(_))));
    assert_eq!(trusted.kind(), Kind::Cpu);
}

#[test]
fn a_wrong_gpu_is_not_trusted_and_the_first_wrong_node_is_named() {
    let engines = with(Faulty { op: "Sigmoid", fault: Fault::Wrong });
    let trusted = Trusted::load(&engines, &small_net(), 1, TOLERANCE).unwrap();
    let Verdict::Differs { node: Some(node), .. } = &trusted.verdict else {
        panic!("{:?}", trusted.verdict);
    };
    assert!(node.ends_with("(Sigmoid)"), "{node}");
    assert_eq!(trusted.kind(), Kind::Cpu);
}

#[test]
fn when_the_gpu_fails_later_the_cpu_answers_that_batch_and_all_after_it() {
    // Two probes pass, then one batch.
    for (fault, code) in [
        (Fault::FailsAfter(3), "engine-failed"),
        (Fault::PanicsAfter(3), "engine-panicked"),
        (Fault::NotANumberAfter(3), "engine-output-unsound"),
    ] {
        let engines = with(Faulty { op: "Relu", fault });
        let trusted = Trusted::load(&engines, &small_net(), 1, TOLERANCE).unwrap();
        let numbers = inputs(&trusted.model, 3);
        let first = trusted.run(&[&numbers[0]], SOON).unwrap();
        assert_eq!((first.kind, trusted.kind(), trusted.left()), (Kind::Gpu, Kind::Gpu, None));
        let second = trusted.run(&[&numbers[0]], SOON).unwrap();
        assert_eq!((second.kind, trusted.kind()), (Kind::Cpu, Kind::Cpu));
        assert_eq!(second.outputs, first.outputs);
        assert_eq!(trusted.left().unwrap().code(), code);
        assert!(trusted.why().contains("while serving"), "{}", trusted.why());
    }
}

#[test]
fn a_network_that_overflows_on_both_engines_stays_on_the_gpu() {
    let mut build = Build::new(13, 1);
    let x = build.input(&[4]);
    let x = build.node("Exp", &[&x], &[]);
    let graph = Graph::read(&build.file(&[&x])).unwrap();
    let engines = with(Faulty { op: "none", fault: Fault::Wrong });
    let trusted = Trusted::load(&engines, &graph, 1, TOLERANCE).unwrap();
    let ran = trusted.run(&[&[1e9; 4]], SOON).unwrap();
    assert!(ran.outputs[0].iter().all(|number| number.is_infinite()));
    assert_eq!((trusted.kind(), trusted.left()), (Kind::Gpu, None));
}

#[test]
fn a_shape_made_for_one_sample_is_read_as_a_batch() {
    Trusted::load(&cpu(), &case("reshape-for-one"), 8, TOLERANCE).unwrap();
}

#[test]
fn a_model_that_mixes_its_samples_is_refused_for_batches() {
    let mut build = Build::new(13, 1);
    let x = build.input(&[6]);
    let mean = build.node("ReduceMean", &[&x], &[("axes", Value::Ints(vec![0]))]);
    let x = build.node("Sub", &[&x, &mean], &[]);
    let graph = Graph::read(&build.file(&[&x])).unwrap();
    let refused = Trusted::load(&cpu(), &graph, 4, TOLERANCE).err().unwrap();
    assert!(matches!(refused, TrustError::Batch { batch: 4, .. }), "{refused}");
    assert_eq!(refused.code(), "model-batch-dependent");
}

#[test]
fn inputs_of_another_length_are_the_callers_mistake() {
    let trusted = Trusted::load(&cpu(), &small_net(), 1, TOLERANCE).unwrap();
    let refused = trusted.run(&[&[0.0; 5]], SOON).unwrap_err();
    assert_eq!(refused, RunError::Input { index: 0, found: 5, wanted: 192 });
    assert_eq!(refused.code(), "input-shape-wrong");
    assert!(trusted.run(&[], SOON).is_err());
}
