//! Networks on both engines: the shipped ones, and the well-known shapes that
//! the tests write, at the batch sizes of the service.

use std::path::Path;

use anyhow::{Context, Result};
use munjigi_gpu_backend::clock::Stopwatch;
use munjigi_gpu_backend::engine::Engine;
use munjigi_gpu_backend::engine::choice::Engines;
use munjigi_gpu_backend::loaded::BATCHES;
use munjigi_gpu_backend::onnx::{Canonical, Graph};
use munjigi_gpu_backend::registry::{Entry, Registry};
use munjigi_gpu_backend::trust::{difference, inputs};
use serde::{Deserialize, Serialize};

use crate::cases;

/// The best of this many runs counts: others may share the machine.
const RUNS: usize = 5;
/// No further run starts after this many seconds: a software adapter takes that
/// long for one.
const ENOUGH_SECONDS: f64 = 4.0;
/// A first run that takes longer than this is taken as the best one: compiling
/// shaders takes less.
const SLOW_SECONDS: f64 = 20.0;

/// One network at one batch size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub net: String,
    pub batch: usize,
    /// The best run, in milliseconds.
    pub rten_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wonnx_ms: Option<f64>,
    /// Includes compiling shaders, some of which is deferred to the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wonnx_load_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wonnx_first_ms: Option<f64>,
    /// Why wonnx does not compute it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wonnx_refused: Option<String>,
    /// The engines' largest difference, relative to the largest number of an
    /// output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<f32>,
}

/// All in milliseconds.
struct Times {
    load: f64,
    first: f64,
    best: f64,
}

/// The networks that there was time for.
#[derive(Default)]
pub struct Nets {
    pub measured: Vec<Measured>,
    /// Names of the networks that there was no time for.
    pub left_out: Vec<String>,
}

/// Measures networks until time is up, and prints each result at once.
pub fn measure(engines: &Engines, models: &Path, is_time_up: impl Fn() -> bool) -> Result<Nets> {
    println!("milliseconds, best of {RUNS} at most: net ×batch  engine  load  first  best");
    let mut nets = Nets::default();
    let graphs = graphs(models)?;
    // Small batches first: time may be up before the last.
    for batch in BATCHES {
        for (net, graph) in &graphs {
            if is_time_up() {
                println!("{net} ×{batch}  left out: time is up");
                nets.left_out.push(format!("{net} ×{batch}"));
                continue;
            }
            nets.measured.push(one(engines, net, graph, batch)?);
        }
    }
    Ok(nets)
}

fn graphs(models: &Path) -> Result<Vec<(String, Graph)>> {
    let shipped = Registry::new(models).list()?.into_iter();
    let shipped = shipped.map(|listed| {
        let opened = listed.entry.and_then(Entry::open)?;
        Ok((opened.entry.manifest.name.to_string(), opened.graph))
    });
    let standard = cases::nets().into_iter();
    let standard = standard.map(|case| Ok((case.name.to_owned(), Graph::read(&case.file)?)));
    shipped.chain(standard).collect()
}

fn one(engines: &Engines, net: &str, graph: &Graph, batch: usize) -> Result<Measured> {
    let model = Canonical::new(graph, batch)?;
    let name = format!("{net} ×{batch}");
    let (cpu, wanted) = timed(engines.cpu.as_ref(), &model).context(name.clone())?;
    println!("{name}  rten  {:.1}  {:.1}  {:.1}", cpu.load, cpu.first, cpu.best);
    let mut measured = Measured {
        net: net.to_owned(),
        batch,
        rten_ms: rounded(cpu.best),
        wonnx_ms: None,
        wonnx_load_ms: None,
        wonnx_first_ms: None,
        wonnx_refused: None,
        difference: None,
    };
    if let Some(engine) = &engines.gpu {
        match timed(engine, &model) {
            Ok((gpu, found)) => {
                println!("{name}  wonnx  {:.1}  {:.1}  {:.1}", gpu.load, gpu.first, gpu.best);
                let far = found.iter().zip(&wanted).map(|(a, b)| difference(a, b).relative);
                let far = far.fold(0.0, f32::max);
                let ratio = gpu.best / cpu.best;
                println!("{name}  wonnx/rten = {ratio:.3}; largest difference {far:.1e}");
                measured.wonnx_ms = Some(rounded(gpu.best));
                measured.wonnx_load_ms = Some(rounded(gpu.load));
                measured.wonnx_first_ms = Some(rounded(gpu.first));
                measured.difference = Some(far);
            }
            // As in the service, the processor computes it.
            Err(error) => {
                println!("{name}  wonnx: {error:#}");
                measured.wonnx_refused = Some(format!("{error:#}"));
            }
        }
    }
    Ok(measured)
}

fn timed(engine: &dyn Engine, model: &Canonical) -> Result<(Times, Vec<Vec<f32>>)> {
    let since = |start: Stopwatch| start.elapsed().as_secs_f64() * 1e3;
    let start = Stopwatch::start();
    let session = engine.load(model)?;
    let load = since(start);
    let numbers = inputs(model, 7);
    let views: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    let whole = Stopwatch::start();
    let start = Stopwatch::start();
    let outputs = session.run(&views)?;
    let first = since(start);
    if first > SLOW_SECONDS * 1e3 {
        return Ok((Times { load, first, best: first }, outputs));
    }
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Stopwatch::start();
        session.run(&views)?;
        best = best.min(since(start));
        if whole.elapsed().as_secs_f64() > ENOUGH_SECONDS {
            break;
        }
    }
    Ok((Times { load, first, best }, outputs))
}

/// Rounds to the precision that a shared machine allows.
fn rounded(milliseconds: f64) -> f64 {
    let digits = if milliseconds < 10.0 { 100.0 } else { 10.0 };
    (milliseconds * digits).round() / digits
}
