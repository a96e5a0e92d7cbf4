//! `GET /metrics`: for Prometheus. Counters are incremented where things
//! happen; this module holds the values that are read at each scrape, and the
//! description of each metric.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use munjigi_process::clock::Stopwatch;
use munjigi_store::replica::State as Replica;
use munjigi_store::{backups, deliveries, jobs, pictures};

use crate::App;

/// A scrape waits no longer for Postgres, because the other metrics are needed
/// then.
const LOOK_TIMEOUT: Duration = Duration::from_secs(1);

pub async fn handler(State(app): State<Arc<App>>) -> impl IntoResponse {
    look(&app).await;
    look_at_pictures(&app).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats by Prometheus's design")]
async fn look(app: &App) {
    for (name, pool) in [("main", &app.pool), ("factory", &app.factory.pool)] {
        let (idle, all) = (pool.num_idle() as f64, f64::from(pool.size()));
        gauge!("munjigi_pool_connections", "pool" => name, "state" => "idle").set(idle);
        gauge!("munjigi_pool_connections", "pool" => name, "state" => "busy")
            .set((all - idle).max(0.0));
        gauge!("munjigi_pool_connections_limit", "pool" => name)
            .set(f64::from(pool.options().get_max_connections()));
    }
    if let Some(state) = app.reads.state() {
        gauge!("munjigi_database_replica_used").set(f64::from(u8::from(state == Replica::Near)));
    }
    gauge!("munjigi_intake_waiting").set(app.admission.waiting() as f64);
    // As long as any other caller waits.
    let stopwatch = Stopwatch::start();
    let acquired = tokio::time::timeout(LOOK_TIMEOUT, app.pool.acquire()).await;
    drop(acquired);
    gauge!("munjigi_pool_wait_seconds").set(stopwatch.elapsed().as_secs_f64());
    let backlog = deliveries::backlog(&app.pool, app.clock.now());
    match tokio::time::timeout(LOOK_TIMEOUT, backlog).await {
        Ok(Ok(backlogs)) => {
            gauge!("munjigi_database_up").set(1.0);
            for (topic, backlog) in backlogs {
                let topic = topic.as_str();
                gauge!("munjigi_delivery_pending", "topic" => topic).set(backlog.pending as f64);
                gauge!("munjigi_delivery_lag_seconds", "topic" => topic)
                    .set(backlog.lag_ms as f64 / 1_000.0);
            }
        }
        Ok(Err(_)) | Err(_) => gauge!("munjigi_database_up").set(0.0),
    }
    let unfinished = tokio::time::timeout(LOOK_TIMEOUT, jobs::unfinished(&app.pool)).await;
    if let Ok(Ok(unfinished)) = unfinished {
        gauge!("munjigi_image_jobs_unfinished").set(unfinished as f64);
    }
    let last = tokio::time::timeout(LOOK_TIMEOUT, backups::last(&app.pool)).await;
    if let Ok(Ok(Some(at))) = last {
        munjigi_process::metrics::backed_up(at.0 as f64 / 1_000.0);
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats by Prometheus's design")]
async fn look_at_pictures(app: &App) {
    let now = app.clock.now();
    let overview = pictures::overview(&app.pool, now);
    let Ok(Ok(kinds)) = tokio::time::timeout(LOOK_TIMEOUT, overview).await else { return };
    for kind in kinds {
        let name = kind.kind.as_str();
        gauge!("munjigi_picture_pool_challenges_left", "type" => name).set(kind.left as f64);
        for (state, packs) in [
            ("drawing", kind.drawing),
            ("drawn", kind.drawn),
            ("published", kind.published),
            ("retiring", kind.retiring),
        ] {
            gauge!("munjigi_picture_pool_packs", "type" => name, "state" => state)
                .set(packs as f64);
        }
        let below = kind.below_since.map_or(0.0, |since| now.since(since) as f64 / 1_000.0);
        gauge!("munjigi_picture_pool_below_seconds", "type" => name).set(below);
    }
}

/// Describes each metric. Called once, after the recorder is installed.
pub fn describe() {
    describe_counter!("munjigi_list_failures_total", "Fetches of published lists that failed");
    describe_gauge!(
        "munjigi_list_stale",
        "1 where a published list was not fetched for three days"
    );
    describe_counter!("munjigi_refusals_total", "Refused requests by code");
    describe_counter!(
        "munjigi_intake_events_total",
        "Events received: new, raised (more rejections), repeated (delivered again)"
    );
    describe_counter!("munjigi_intake_count_batches_total", "Batches of counts: new or repeated");
    describe_counter!(
        "munjigi_intake_left_out_total",
        "Records acknowledged but not stored: past retention or in the future"
    );
    describe_histogram!(
        "munjigi_event_lag_seconds",
        Unit::Seconds,
        "From redemption at the edge to commit here, newest event of each batch"
    );
    describe_gauge!(
        "munjigi_pool_connections",
        Unit::Count,
        "Connections to Postgres by pool and state"
    );
    describe_gauge!("munjigi_pool_connections_limit", Unit::Count, "Maximum connections of a pool");
    describe_gauge!(
        "munjigi_pool_wait_seconds",
        Unit::Seconds,
        "Time that this scrape waited for a connection, at most one second: 0 is healthy, 1 is exhausted"
    );
    describe_gauge!("munjigi_intake_waiting", Unit::Count, "Edge calls waiting for Postgres");
    describe_gauge!(
        "munjigi_database_replica_used",
        "Whether numbers are read from the replica; absent without one"
    );
    describe_gauge!(
        "munjigi_database_replica_lag_seconds",
        Unit::Seconds,
        "Age of what the replica has not reached yet, at most about a minute: then it is not used"
    );
    describe_gauge!("munjigi_database_up", "Whether Postgres responded to this scrape");
    describe_gauge!("munjigi_delivery_pending", "Deliveries that wait, by topic");
    describe_gauge!("munjigi_delivery_lag_seconds", Unit::Seconds, "Age of the oldest of them");
    describe_counter!(
        "munjigi_deliveries_total",
        "Attempts by topic and outcome: delivered, progressed, failed (retried), given-up, stale"
    );
    describe_counter!("munjigi_delivery_failures_total", "Failed attempts by topic and code");
    describe_gauge!(
        "munjigi_picture_pool_challenges_left",
        "Challenges left in published packs, by kind of picture"
    );
    describe_gauge!("munjigi_picture_pool_packs", "Packs of pictures by kind and state");
    describe_gauge!(
        "munjigi_picture_pool_below_seconds",
        Unit::Seconds,
        "Time that an active kind has been below its low-water mark: alert above an hour"
    );
    describe_gauge!(
        "munjigi_image_jobs_unfinished",
        "Organisations' images that models have to look at"
    );
    describe_counter!(
        "munjigi_image_jobs_total",
        "Attempts at them by end: done, failed, broken (retried), untried (retried)"
    );
    describe_counter!("munjigi_pictures_drawn_total", "Pictures drawn by kind");
    describe_counter!(
        "munjigi_pictures_dropped_total",
        "Drawn pictures that were discarded: ambiguous, guessable, broken, easy"
    );
    describe_counter!(
        "munjigi_pictures_missed_total",
        "Pictures that were due and could not be served: alert on any"
    );
    describe_counter!("munjigi_anomalies_opened_total", "Anomalies that started");
    describe_counter!(
        "munjigi_archived_days_total",
        "Days past retention that were put away and dropped"
    );
    describe_counter!("munjigi_store_conflicts_total", "Retried transactions");
    describe_histogram!("munjigi_job_seconds", Unit::Seconds, "Time per run of a job");
    describe_counter!(
        "munjigi_traces_failures_total",
        "Batches of traces that the collector did not accept"
    );
    describe_counter!("munjigi_jobs_done_total", "Successful runs of a job");
    describe_counter!(
        "munjigi_cache_lookups_total",
        "Lookups in Redis by kind: hit, or miss (also while Redis is down)"
    );
    describe_counter!(
        "munjigi_cache_fallbacks_total",
        "Work that Postgres did in place of Redis, by use"
    );
    describe_counter!("munjigi_redis_failures_total", "Calls that Redis did not answer");
    describe_counter!("munjigi_job_failures_total", "Failed runs of a job");
}
