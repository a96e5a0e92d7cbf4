//! The job queue: one job per pack to be drawn, stored in Postgres by
//! graphile_worker in a schema of its own. It assigns jobs, retries them, and
//! takes them over from a worker that died; jobs are safe to run twice, so
//! nothing here needs to be exact.

use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, JobKeyMode, JobSpec, TaskHandler, WorkerContext, WorkerOptions,
    WorkerUtils,
};
use munjigi_process::stop::Stop;
use munjigi_protocol::PackId;
use munjigi_store::StoreError;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::factory::Factory;

/// The schema of the library's tables.
const SCHEMA: &str = "graphile_worker";
/// Packs drawn at once by one origin.
const AT_ONCE: usize = 2;
/// A dead worker is detected after this, and its pack continued.
const DEAD_AFTER: Duration = Duration::from_secs(20);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// Delay between attempts to start, and how long a stop may take.
const RETRY_AFTER: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(20);
/// A job succeeds whatever becomes of its pack; only a bug of ours uses up an
/// attempt.
const MOST_ATTEMPTS: i16 = 10_000;

/// Why an operation on the queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Our own tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The library's.
    #[error("the job queue: {0}")]
    Library(String),
}

/// Draws a pack.
#[derive(Debug, Serialize, Deserialize)]
struct DrawPack {
    pack: String,
}

/// What jobs work with.
#[derive(Debug, Clone)]
struct Workshop {
    factory: Factory,
    stop: Stop,
}

impl TaskHandler for DrawPack {
    const IDENTIFIER: &'static str = "draw_pack";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let (Some(shop), Ok(pack)) = (context.get_ext::<Workshop>(), self.pack.parse()) else {
            return Err(format!("there is no pack {}", self.pack));
        };
        if let Err(error) = shop.factory.draw(pack, &shop.stop).await {
            tracing::warn!(%pack, %error, "the drawing of a pack did not continue");
        }
        Ok(())
    }
}

/// Queues the packs that have no job yet. Does nothing while the queue has no
/// schema: the origin that creates it is about to start.
pub async fn add(pool: &PgPool, packs: &[PackId]) -> Result<(), QueueError> {
    let queue = WorkerUtils::new(pool.clone(), SCHEMA);
    for pack in packs {
        let spec = JobSpec::builder()
            .job_key(format!("draw_pack:{pack}"))
            // A running job sees what was added since it started: it draws
            // until the pack is complete.
            .job_key_mode(JobKeyMode::UnsafeDedupe)
            .max_attempts(MOST_ATTEMPTS)
            .build();
        let job = DrawPack { pack: pack.to_string() };
        queue.add_job(job, spec).await.map_err(|error| QueueError::Library(error.to_string()))?;
    }
    Ok(())
}

/// How far behind the queue is.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::FromRow)]
pub struct Backlog {
    /// Jobs that are due or will be.
    pub waiting: i64,
    /// Running jobs.
    pub running: i64,
    /// Jobs that are not retried.
    pub failed: i64,
    /// How long the job that is due for longest has waited.
    pub oldest_seconds: f64,
}

/// The current backlog. The times are the queue's own, which are Postgres'.
pub async fn backlog(pool: &PgPool) -> Result<Backlog, StoreError> {
    // Not checked at compile time: the view is the library's, not ours.
    let backlog = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts) AS waiting,
            count(*) FILTER (WHERE locked_at IS NOT NULL) AS running,
            count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts) AS failed,
            GREATEST(0, coalesce(extract(epoch FROM now() - min(run_at) FILTER (
                WHERE locked_at IS NULL AND attempts < max_attempts
            )), 0))::float8 AS oldest_seconds
        FROM graphile_worker.jobs",
    )
    .fetch_one(pool)
    .await?;
    Ok(backlog)
}

/// Brings the library's schema up to date.
pub async fn migrate(pool: &PgPool) -> Result<(), QueueError> {
    WorkerUtils::new(pool.clone(), SCHEMA)
        .migrate()
        .await
        .map_err(|error| QueueError::Library(error.to_string()))
}

/// Works until told to stop; starts again after Postgres was down.
pub async fn run(factory: &Factory, mut stop: Stop) {
    if factory.gpu.is_none() {
        return;
    }
    while !stop.is_asked() {
        if let Err(error) = work(factory, &stop).await {
            tracing::debug!(%error, "the job queue is restarting");
        }
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(RETRY_AFTER) => {}
        }
    }
}

async fn work(factory: &Factory, stop: &Stop) -> Result<(), QueueError> {
    let library = |error: &dyn std::fmt::Display| QueueError::Library(error.to_string());
    let mut asked = stop.clone();
    let worker = WorkerOptions::default()
        .schema(SCHEMA)
        .pg_pool(factory.pool.clone())
        .concurrency(AT_ONCE)
        .define_job::<DrawPack>()
        .add_extension(Workshop { factory: factory.clone(), stop: stop.clone() })
        .heartbeat_interval(HEARTBEAT_EVERY)
        .sweep_interval(HEARTBEAT_EVERY)
        .sweep_threshold(DEAD_AFTER)
        .recovery_delay(Duration::from_secs(1))
        .listen_os_shutdown_signals(false)
        .shutdown_signal(async move { asked.asked().await })
        .shutdown_grace_period(GRACE)
        .init()
        .await
        .map_err(|error| library(&error))?;
    worker.run().await.map_err(|error| library(&error))
}
