//! Loads and inferences by engine and batch size, and their ratio:
//! `cargo bench --bench engines -- [ADAPTER]`. Without an adapter's name a
//! real GPU is looked for. The nets are the tests', weights from a seed.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench writes small numbers, reads the clock, and fails by panicking"
)]

#[path = "../tests/cases/mod.rs"]
#[expect(dead_code, reason = "what is found in outputs is not measured")]
mod cases;

use std::time::Instant;

use cases::Place;
use munjigi_gpu_backend::engine::Engine;
use munjigi_gpu_backend::engine::choice::{Engines, Wish};
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::trust::{difference, inputs};

/// The best of so many runs counts; others share the machine.
const RUNS: usize = 5;

/// Milliseconds.
struct Times {
    load: f64,
    first: f64,
    best: f64,
}

fn measure(engine: &dyn Engine, model: &Canonical) -> (Times, Vec<Vec<f32>>) {
    let since = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    let session = engine.load(model).unwrap();
    let load = since(start);
    let numbers = inputs(model, 7);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let start = Instant::now();
    let outputs = session.run(&views).unwrap();
    let first = since(start);
    let best = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            session.run(&views).unwrap();
            since(start)
        })
        .fold(f64::INFINITY, f64::min);
    (Times { load, first, best }, outputs)
}

/// What it costs to make one shader ready: minimal graphs, one batch size each.
fn minimal_graphs(engines: &Engines) {
    let gpu = engines.gpu.as_ref().map(|gpu| gpu as &dyn Engine);
    for (engine, place) in [(Some(engines.cpu.as_ref()), None), (gpu, Some(Place::Gpu))] {
        let Some(engine) = engine else { continue };
        let mut loads: Vec<f64> = cases::operators::all()
            .iter()
            .filter(|case| place.is_none_or(|place| case.place == place))
            .map(|case| Canonical::new(&Graph::read(&case.file).unwrap(), case.batches[0]).unwrap())
            .map(|model| measure(engine, &model).0.load)
            .collect();
        loads.sort_by(f64::total_cmp);
        let name = engine.describe().name;
        println!(
            "{} minimal graphs  {name}  median load {:.1}",
            loads.len(),
            loads[loads.len() / 2]
        );
    }
}

fn main() {
    let wish = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wish: Wish = wish.unwrap_or_else(|| "auto".to_owned()).parse().unwrap();
    let engines = Engines::choose(&wish);
    println!("{engines}");
    println!("milliseconds, best of {RUNS}: net ×batch  engine  load  first  best");
    minimal_graphs(&engines);
    for case in cases::nets() {
        let graph = Graph::read(&case.file).unwrap();
        for &batch in case.batches {
            let start = Instant::now();
            let model = Canonical::new(&graph, batch).unwrap();
            let spelling = start.elapsed().as_secs_f64() * 1e3;
            let name = format!("{} ×{batch}", case.name);
            println!("{name}  canonical form {spelling:.0}, {} nodes", model.nodes.len());
            let (cpu, wanted) = measure(engines.cpu.as_ref(), &model);
            println!("{name}  rten  {:.0}  {:.1}  {:.1}", cpu.load, cpu.first, cpu.best);
            let Some(engine) = &engines.gpu else { continue };
            let (gpu, found) = measure(engine, &model);
            println!("{name}  wonnx  {:.0}  {:.1}  {:.1}", gpu.load, gpu.first, gpu.best);
            let far = found.iter().zip(&wanted).map(|(a, b)| difference(a, b).relative);
            println!(
                "{name}  best, wonnx/rten = {:.2}; largest difference {:.1e}",
                gpu.best / cpu.best,
                far.fold(0.0, f32::max)
            );
        }
    }
}
