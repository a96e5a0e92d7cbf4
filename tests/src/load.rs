//! The load generator: many keep-alive connections, each making one call after
//! the other. Only a first success counts; a refusal, a 429 and a broken
//! connection are failures.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::client::{CallError, Connection};

/// The result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub call: String,
    /// Calls that did what they should, each with an input of its own.
    pub successes: usize,
    pub failures: usize,
    /// Text of the first failure.
    pub first_failure: Option<String>,
    /// Length of the run.
    pub seconds: f64,
    /// Successes per second.
    pub per_second: f64,
    /// Median latency of the successes, milliseconds.
    pub p50_ms: f64,
    /// 99th percentile, milliseconds.
    pub p99_ms: f64,
}

pub type Call<'a> = Pin<Box<dyn Future<Output = Result<(), CallError>> + Send + 'a>>;

/// The bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub connections: usize,
    /// The run ends after this long, or when `calls` are used up.
    pub duration: Duration,
    /// Upper limit on the number of calls.
    pub calls: usize,
    /// Calls that begin each second; `None`: as many as are answered.
    pub per_second: Option<f64>,
}

/// Runs `call(connection, number)` with numbers from 0, each once.
pub async fn run<F>(name: &str, base: &str, bounds: Bounds, call: F) -> Result<Report, CallError>
where
    F: for<'a> Fn(&'a mut Connection, usize) -> Call<'a> + Clone + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::with_capacity(bounds.connections);
    for _ in 0..bounds.connections {
        connections.push(Connection::open(base).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (next, call, base) = (Arc::clone(&next), call.clone(), base.to_owned());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            let mut failures = Vec::new();
            while start.elapsed() < bounds.duration {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= bounds.calls {
                    break;
                }
                if let Some(rate) = bounds.per_second {
                    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                    let due = start + Duration::from_secs_f64(number as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                }
                let begun = Instant::now();
                match call(&mut connection, number).await {
                    Ok(()) => latencies.push(begun.elapsed()),
                    Err(why) => {
                        if matches!(why, CallError::Transport(_)) {
                            match Connection::open(&base).await {
                                Ok(fresh) => connection = fresh,
                                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                            }
                        }
                        failures.push(why);
                    }
                }
            }
            (latencies, failures)
        });
    }
    let mut latencies = Vec::new();
    let mut failures = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (more, failed) = done.map_err(|why| CallError::Transport(why.to_string()))?;
        latencies.extend(more);
        failures.extend(failed);
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    let per_second = latencies.len() as f64 / seconds;
    Ok(Report {
        call: name.to_owned(),
        successes: latencies.len(),
        failures: failures.len(),
        first_failure: failures.first().map(ToString::to_string),
        seconds,
        per_second,
        p50_ms: percentile(&latencies, 50),
        p99_ms: percentile(&latencies, 99),
    })
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}
