//! The recorder of metrics, and the metrics that every service has under the same
//! name: Prometheus's label `job` tells the services apart. What a service alone
//! counts, it defines itself.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, SharedString, Unit};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::clock::Stopwatch;

/// Counts requests by `method`, `route` and `status`.
const REQUESTS: &str = "munjigi_http_requests_total";
/// Their durations by `method` and `route`.
const REQUEST_SECONDS: &str = "munjigi_http_request_seconds";
/// How many are being answered now.
const IN_FLIGHT: &str = "munjigi_http_requests_in_flight";
/// How long the store took to make a transaction durable.
const COMMIT_SECONDS: &str = "munjigi_store_commit_seconds";
/// When the store was last backed up, in seconds since 1970.
const BACKUP_AT: &str = "munjigi_backup_timestamp_seconds";

/// Buckets, from what an edge takes to a request's deadline. 0.2 and 2 seconds
/// are what alerts compare with.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// A recorder for durations in seconds, with separate buckets for some metrics.
///
/// # Panics
///
/// Panics if a list of buckets is empty.
pub fn recorder(others: &[(&str, &[f64])]) -> PrometheusBuilder {
    const NOT_EMPTY: &str = "the lists of buckets are not empty";
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect(NOT_EMPTY);
    others.iter().fold(builder, |builder, (metric, buckets)| {
        let metric = Matcher::Full((*metric).to_owned());
        builder.set_buckets_for_metric(metric, buckets).expect(NOT_EMPTY)
    })
}

/// How often recorded durations are put into their buckets. Until then each is
/// kept by itself.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder of the process, describes what all services have, and keeps its memory bounded where no
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
    RECORDED.get_or_init(|| metrics::gauge!(IN_FLIGHT));
    describe();
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

/// A request that is being answered, from its arrival until this is dropped: its
/// caller may go away before there is an answer.
#[derive(Debug)]
pub struct InFlight(Stopwatch);

impl InFlight {
    pub fn begin() -> Self {
        in_flight(1.0);
        Self(Stopwatch::start())
    }

    /// Counts its answer, and returns the seconds that it took.
    pub fn answered(
        self,
        method: &'static str,
        route: impl Into<SharedString>,
        status: u16,
    ) -> f64 {
        let (kind, seconds) = ((method, route.into(), status), self.0.elapsed().as_secs_f64());
        let known = ANSWERED.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answered) = known.get(&kind) {
            answered.note(seconds);
            return seconds;
        }
        drop(known);
        let answered = Answered::of(&kind);
        answered.note(seconds);
        if RECORDED.get().is_some() {
            ANSWERED.write().unwrap_or_else(PoisonError::into_inner).insert(kind, answered);
        }
        seconds
    }
}

/// Adds to the requests that are being answered.
fn in_flight(more: f64) {
    match RECORDED.get() {
        Some(gauge) => gauge.increment(more),
        None => metrics::gauge!(IN_FLIGHT).increment(more),
    }
}

/// A method, a route and a status.
type Kind = (&'static str, SharedString, u16);

/// What counts answers of one kind. To find it by its labels takes longer than
/// some answers.
struct Answered {
    requests: Counter,
    durations: Histogram,
}

static ANSWERED: LazyLock<RwLock<HashMap<Kind, Answered>>> = LazyLock::new(RwLock::default);
/// Set once there is a recorder: before that, what is kept would count nowhere
/// for ever.
static RECORDED: OnceLock<Gauge> = OnceLock::new();

impl Answered {
    fn of((method, route, status): &Kind) -> Self {
        let (route, status) = (route.clone(), status.to_string());
        let requests = metrics::counter!(
            REQUESTS, "method" => *method, "route" => route.clone(), "status" => status
        );
        let durations = metrics::histogram!(REQUEST_SECONDS, "method" => *method, "route" => route);
        Self { requests, durations }
    }

    fn note(&self, seconds: f64) {
        self.requests.increment(1);
        self.durations.record(seconds);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        in_flight(-1.0);
    }
}

/// The store has made a transaction durable, since `stopwatch` was started.
pub fn committed(stopwatch: &Stopwatch) {
    metrics::histogram!(COMMIT_SECONDS).record(stopwatch.elapsed().as_secs_f64());
}

/// When the store was last backed up, in seconds since 1970.
pub fn backed_up(at: f64) {
    metrics::gauge!(BACKUP_AT).set(at);
}

fn describe() {
    metrics::describe_counter!(REQUESTS, "Requests by method, route and status");
    metrics::describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Time to answer a request");
    metrics::describe_gauge!(IN_FLIGHT, "Requests that are being answered");
    metrics::describe_histogram!(
        COMMIT_SECONDS,
        Unit::Seconds,
        "Time that the store took to make a transaction durable"
    );
    metrics::describe_gauge!(
        BACKUP_AT,
        Unit::Seconds,
        "When the store was last backed up, since 1970; absent: never"
    );
}
