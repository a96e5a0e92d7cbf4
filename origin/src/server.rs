//! `munjigi serve`: starts the parts in an order that needs nobody else to be
//! there yet, and stops them so that nothing in flight is lost.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use munjigi_captcha::KeyRing;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::Config;
use crate::edge::{self, Edge};
use crate::entropy::Entropy;
use crate::http::{self, Admission, App, Readiness, Schema};
use crate::jobs::Jobs;
use crate::publish::Publisher;
use crate::stop::{self, Stop};
use crate::store;

/// How long requests and tasks under way may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(25);
/// Between two tries to reach Postgres at start.
const WAIT_FOR_SCHEMA: Duration = Duration::from_secs(1);

/// The parts of a running origin.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
}

/// Why the origin could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// TLS or the system's certificates.
    #[error("the HTTP client cannot be made: {0}")]
    HttpClient(#[source] reqwest::Error),
    /// Another recorder was installed.
    #[error("metrics cannot be recorded: {0}")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
}

impl Server {
    /// Puts the parts together; nothing is connected yet.
    pub fn new(
        config: &Config,
        clock: Clock,
        entropy: Entropy,
        metrics: PrometheusHandle,
    ) -> Result<Self, StartError> {
        let pool = store::pool(&config.database);
        let connections = config.database.connections;
        let ring = config.keys.internal.clone();
        let client = edge::http_client().map_err(StartError::HttpClient)?;
        let url = config.edge.url.clone();
        let edge = Edge::new(client, url, ring.clone(), clock.clone(), entropy.clone());
        let parts = Parts { pool, clock, entropy, ring, edge, connections };
        Ok(Self::of(parts, config.retention, metrics))
    }

    /// From parts, for tests.
    pub fn of(
        parts: Parts,
        retention: crate::config::Retention,
        metrics: PrometheusHandle,
    ) -> Self {
        let app = App {
            pool: parts.pool,
            clock: parts.clock,
            entropy: parts.entropy,
            ring: parts.ring,
            edge: parts.edge,
            retention,
            readiness: Readiness::default(),
            admission: Admission::new(parts.connections),
            metrics,
        };
        Self { app: Arc::new(app) }
    }

    /// What the endpoints see.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Serves until `stop` is done, then ends what is under way.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        let (stopper, asked) = stop::pair();
        let background = tokio::spawn(background(Arc::clone(&self.app), asked.clone()));
        let mut until_asked = asked;
        let router = http::router(Arc::clone(&self.app));
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(async move { until_asked.asked().await });
        let mut serving = tokio::spawn(serving.into_future());
        tokio::select! {
            () = stop => {
                tracing::info!("stopping: ending what is under way");
                stopper.ask();
            }
            ended = &mut serving => {
                stopper.ask();
                return ended.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            }
        }
        let ended = async {
            let served = serving.await;
            let _ = background.await;
            served
        };
        let Ok(served) = tokio::time::timeout(STOP_WITHIN, ended).await else {
            tracing::warn!("something did not end within 25 s; leaving it");
            return Ok(());
        };
        self.app.pool.close().await;
        tracing::info!("stopped");
        served.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }
}

/// What a server is made of.
#[derive(Debug)]
pub struct Parts {
    /// Postgres.
    pub pool: PgPool,
    /// Tells the time.
    pub clock: Clock,
    /// Random numbers.
    pub entropy: Entropy,
    /// Checks and makes signatures.
    pub ring: KeyRing,
    /// The edge.
    pub edge: Edge,
    /// Size of the pool.
    pub connections: u32,
}

/// Applies the schema, then publishes and does the jobs.
async fn background(app: Arc<App>, mut stop: Stop) {
    tokio::select! {
        () = stop.asked() => return,
        () = apply_schema(&app) => {}
    }
    let publisher =
        Publisher { pool: app.pool.clone(), edge: app.edge.clone(), clock: app.clock.clone() };
    let jobs = Jobs {
        pool: app.pool.clone(),
        clock: app.clock.clone(),
        event_days: app.retention.event_days,
        publisher: publisher.clone(),
    };
    tokio::join!(publisher.run(stop.clone()), jobs.run(stop));
}

async fn apply_schema(app: &App) {
    let mut told = String::new();
    loop {
        match store::migrate(&app.pool).await {
            Ok(()) => {
                app.readiness.set_schema(Schema::Applied);
                tracing::info!("the schema is up to date; ready");
                return;
            }
            Err(error) => {
                let text = error.to_string();
                // The same reason once, not once a second.
                if text != told {
                    tracing::warn!(%error, "not ready: waiting for Postgres, trying every second");
                }
                app.readiness.set_schema(Schema::Waiting(text.clone()));
                told = text;
            }
        }
        tokio::time::sleep(WAIT_FOR_SCHEMA).await;
    }
}

/// Installs the recorder of the process. Once.
pub fn install_metrics() -> Result<PrometheusHandle, StartError> {
    let handle = metrics_builder().install_recorder().map_err(StartError::Metrics)?;
    http::describe_metrics();
    Ok(handle)
}

/// A recorder's handle that nothing records into, for tests.
pub fn unused_metrics() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}

fn metrics_builder() -> PrometheusBuilder {
    const SECONDS: [f64; 12] =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
    const LAG_SECONDS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0, 86_400.0];
    PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(|builder| {
            let lag = Matcher::Full("munjigi_event_lag_seconds".to_owned());
            builder.set_buckets_for_metric(lag, &LAG_SECONDS)
        })
        .expect("the lists of buckets are not empty")
}

#[cfg(test)]
mod tests;
