//! The recorder of metrics. Each service defines what it counts and what each
//! name means.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

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

/// A handle to a recorder that nothing records into, for tests.
pub fn unused() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}
