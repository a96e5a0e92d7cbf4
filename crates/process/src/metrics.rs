//! The recorder of metrics. Each service defines what it counts and what each
//! name means.

use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// A recorder for durations in seconds, with separate buckets for one metric.
///
/// # Panics
///
/// Panics if `buckets` is empty.
pub fn recorder(metric: &str, buckets: &[f64]) -> PrometheusBuilder {
    PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(metric.to_owned()), buckets)
        })
        .expect("the lists of buckets are not empty")
}

/// How often recorded durations are put into their buckets. Until then each is
/// kept by itself.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder of the process, and keeps its memory bounded where no
/// one asks for the metrics. Must be called only once.
///
/// # Errors
///
/// There is one already.
///
/// # Panics
///
/// Panics if the system gives no thread.
pub fn install(recorder: PrometheusBuilder) -> Result<PrometheusHandle, BuildError> {
    let handle = recorder.install_recorder()?;
    let kept = handle.clone();
    let upkeep = move || {
        loop {
            thread::sleep(UPKEEP_EVERY);
            kept.run_upkeep();
        }
    };
    let thread = thread::Builder::new().name("metrics".to_owned()).spawn(upkeep);
    thread.expect("the system has a thread for each service");
    Ok(handle)
}

/// A handle to a recorder that nothing records into, for tests.
pub fn unused() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}
