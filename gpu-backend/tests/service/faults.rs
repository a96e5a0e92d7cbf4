//! A GPU that breaks while serving several concurrent calls: each is answered
//! as the CPU answers it, the service reports what broke, and the broken part
//! is not used again.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_gpu_backend::engine::choice::{Engines, Wish};
use munjigi_gpu_backend::engine::fence::Patience;
use munjigi_gpu_backend::server;
use munjigi_protocol::{PredictReply, Prediction};
use serde_json::{Value, json};

use crate::adapter;
use crate::broken::{Broken, Fault, Switch};
use crate::files::png;
use crate::models::{LABELS, Stocked, classifier, put};
use crate::predict::{join_all, predicted};
use crate::rig::{Answer, Rig};

/// Concurrent calls.
const CALLS: usize = 24;
/// Number of runs that succeed before the GPU breaks.
const GOOD: usize = 2;

const SHORT: Patience =
    Patience { serving: Duration::from_secs(2), loading: Duration::from_mins(1) };
const LONG: Patience =
    Patience { serving: Duration::from_mins(1), loading: Duration::from_mins(1) };

/// Every fault, with its code.
const FAULTS: [(Fault, &str); 4] = [
    (Fault::Panics, "engine-panicked"),
    (Fault::Fails, "engine-failed"),
    (Fault::Rubbish, "engine-output-unsound"),
    (Fault::Hangs, "engine-lost"),
];

/// The process's metrics, as `/metrics` shows them.
fn recorded() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| server::install_metrics().unwrap()).clone()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn of_the_process() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let own = log.clone();
            let lines = tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN);
            lines.with_writer(move || own.clone()).init();
            log
        });
        log.clone()
    }

    /// The warnings that contain a word.
    fn warnings(&self, word: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().filter(|line| line.contains("\"WARN\"") && line.contains(word));
        lines.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn target(model: &str) -> String {
    format!("/v1/predict?caller=factory&model={model}")
}

/// A service with one model, on the given engines.
async fn service(model: &str, engines: Engines) -> Stocked {
    let variables = [("MUNJIGI_GPU_BATCH_WAIT_MS", "1")];
    let rig = Rig::on(&variables, engines, recorded());
    Stocked::on(rig, |models: &Path| put(models, model, "1.0.0", &classifier(5), &LABELS)).await
}

/// The engine that answered, and its answer.
fn said(answer: &Answer) -> (String, Vec<(String, f32)>) {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let reply: PredictReply = serde_json::from_value(answer.json()).unwrap();
    let Prediction::Classify { classes } = reply.prediction else { panic!("another task") };
    (reply.engine, classes)
}

/// Sends different images, several of them concurrently, and compares each
/// answer with the CPU's. Returns how many each engine answered.
async fn flood(stocked: &Stocked, model: &str, target: &str) -> [usize; 2] {
    let reference = service(model, Engines::choose(&Wish::Cpu)).await;
    let images: Vec<Vec<u8>> = (0..CALLS).map(|at| png(8 + at as u32, 9)).collect();
    let calls = images.iter().map(|image| Box::pin(predicted(&stocked.rig, target, image)));
    let answers = join_all(calls.collect()).await;
    let mut counts = [0, 0];
    for (image, answer) in images.iter().zip(answers) {
        let (engine, classes) = said(&answer);
        let (_, wanted) = said(&predicted(&reference.rig, target, image).await);
        for ((label, share), (right, wanted)) in classes.iter().zip(&wanted) {
            assert!(label == right && (share - wanted).abs() < 1e-4, "{classes:?} {wanted:?}");
        }
        counts[usize::from(engine == "rten")] += 1;
    }
    counts
}

async fn fetched(rig: &Rig, path: &str) -> Value {
    let answer = rig.fetch(path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.json()
}

async fn metrics(rig: &Rig) -> String {
    String::from_utf8(rig.fetch("/metrics").await.body).unwrap()
}

async fn breaks(fault: Fault, code: &str, model: &str) -> (Stocked, Arc<Switch>) {
    let log = Log::of_the_process();
    let (engine, switch) = Broken::new(fault);
    let stocked = service(model, Engines::with(engine, SHORT)).await;
    assert_eq!(fetched(&stocked.rig, "/version").await["models"][0]["sizes"][0]["engine"], "wonnx");
    assert_eq!(fetched(&stocked.rig, "/health/ready").await["status"], "ok");

    switch.break_after(GOOD);
    while switch.faults() == 0 {
        let [_, by_cpu] = flood(&stocked, model, &target(model)).await;
        assert!(by_cpu > 0 || switch.faults() == 0, "{fault:?}");
    }
    let asked = switch.runs();
    assert_eq!(flood(&stocked, model, &target(model)).await, [0, CALLS], "{fault:?}");
    assert_eq!((switch.runs(), switch.faults()), (asked, 1), "{fault:?}: it was asked again");

    let version = fetched(&stocked.rig, "/version").await;
    for size in version["models"][0]["sizes"].as_array().unwrap() {
        assert_eq!(size["engine"], "rten");
        assert!(size["verdict"].as_str().unwrap().contains("abandoned while serving"), "{size}");
    }
    let health = fetched(&stocked.rig, "/health/ready").await;
    assert_eq!(
        (&health["status"], &health["checks"][0]["name"]),
        (&json!("degraded"), &json!("engine"))
    );
    let line = format!(
        "munjigi_gpu_engine_failures_total{{work=\"{model}@1.0.0\",reason=\"{code}\"}} 1\n"
    );
    let metrics = metrics(&stocked.rig).await;
    assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    let warnings = log.warnings(&format!("{model}@1.0.0"));
    assert!(warnings.len() == 1 && warnings[0].contains(code), "{warnings:?}");
    (stocked, switch)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gpu_that_breaks_under_load_loses_no_call() {
    for (fault, code) in FAULTS.into_iter().chain([(Fault::Lost, "engine-lost")]) {
        let model = format!("load-{fault:?}").to_lowercase();
        let (stocked, _) = breaks(fault, code, &model).await;
        let version = fetched(&stocked.rig, "/version").await;
        let engines = version["engines"].as_array().unwrap().len();
        // An adapter that hangs or is gone is never used again; otherwise other
        // models may use it.
        let is_left = matches!(fault, Fault::Hangs | Fault::Lost);
        assert_eq!(engines, if is_left { 1 } else { 2 }, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_the_gpu_failed_on_is_retried_at_the_next_check_only() {
    let (stocked, switch) = breaks(Fault::Fails, "engine-failed", "repaired").await;
    let engine = async || {
        let version = fetched(&stocked.rig, "/version").await;
        version["models"][0]["sizes"][0]["engine"].clone()
    };
    // Still broken: its probes fail.
    stocked.watcher.look_now();
    stocked.until(|_| switch.faults() > 3).await;
    assert_eq!(flood(&stocked, "repaired", &target("repaired")).await, [0, CALLS]);
    assert_eq!(engine().await, "rten");
    let other = stocked.folder.path();
    put(other, "other", "1.0.0", &classifier(6), &LABELS);
    switch.repair();
    stocked.watcher.look_now();
    stocked.until(|stocked| stocked.rig.app.serving.fleet().lines.len() == 2).await;
    assert_eq!(engine().await, "wonnx");
    assert_eq!(flood(&stocked, "repaired", &target("repaired")).await, [CALLS, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gpu_that_misses_a_deadline_is_not_waited_for_but_stays_in_use() {
    let (engine, switch) = Broken::new(Fault::Hangs);
    let stocked = service("late", Engines::with(engine, LONG)).await;
    switch.break_after(0);
    let target = format!("{}&deadline_ms=8000", target("late"));
    assert_eq!(flood(&stocked, "late", &target).await, [0, CALLS]);
    assert_eq!(switch.faults(), 1);
    assert_eq!(fetched(&stocked.rig, "/health/ready").await["status"], "ok");
    switch.repair();
    let mut by_gpu = 0;
    while by_gpu == 0 {
        by_gpu = flood(&stocked, "late", &target).await[0];
    }
}

/// Models on a real adapter, or on a software one if there is no other, that is
/// destroyed while they run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Vulkan adapter"]
async fn a_device_that_is_lost_while_serving_loses_no_call() {
    let engines = adapter::engines();
    let gpu = engines.adapter.clone().expect("there is one");
    let log = Log::of_the_process();
    let stocked = service("destroyed", engines).await;
    let slowly = format!("{}&deadline_ms=120000", target("destroyed"));
    assert_eq!(flood(&stocked, "destroyed", &slowly).await, [CALLS, 0]);
    gpu.device.destroy();
    assert_eq!(flood(&stocked, "destroyed", &slowly).await, [0, CALLS]);
    let version = fetched(&stocked.rig, "/version").await;
    assert_eq!(version["models"][0]["sizes"][0]["engine"], "rten", "{version}");
    assert_eq!(fetched(&stocked.rig, "/health/ready").await["status"], "degraded");
    assert_eq!(log.warnings("destroyed@1.0.0").len(), 1);
}
