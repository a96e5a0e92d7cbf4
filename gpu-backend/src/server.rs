//! `munjigi-gpu-backend serve`: assembles the parts, and stops them without
//! losing requests in flight.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use munjigi_process::metrics;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::{Config, Work};
use crate::device::Device;
use crate::engine::choice::Engines;
use crate::http::{self, App, Bodies, Darkroom};
use crate::nonces::Nonces;
use crate::serving::Watcher;
use crate::studio::Studio;

pub use munjigi_process::metrics::unused as unused_metrics;

/// How long requests in flight may take to finish.
const STOP_WITHIN: Duration = Duration::from_secs(25);

/// Assembles the parts; a [`Watcher`] loads the models.
pub fn app(
    config: &Config,
    engines: Engines,
    clock: Clock,
    metrics: PrometheusHandle,
) -> std::io::Result<Arc<App>> {
    let Work { threads, queue, batch_wait } = config.work;
    let device = Arc::new(Device::new(Arc::new(engines), queue, batch_wait)?);
    Ok(Arc::new(App {
        clock,
        calls: config.calls.clone(),
        nonces: Nonces::default(),
        bodies: Bodies::default(),
        studio: Studio::new(threads, queue)?,
        device,
        serving: Arc::default(),
        darkroom: Darkroom::default(),
        metrics,
    }))
}

/// Starts to watch a folder of models for a service.
pub fn watch(app: &App, folder: &Path, config: &Config) -> std::io::Result<Watcher> {
    Watcher::start(folder, Arc::clone(&app.device), Arc::clone(&app.serving), config.poll)
}

/// Serves until `stop` completes, then finishes requests in flight.
pub async fn run(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (asked, asking) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, http::router(app)).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping: finishing requests in progress");
        // The server may already have ended by itself.
        let _ = asked.send(());
    });
    let late = async {
        if asking.await.is_ok() {
            tokio::time::sleep(STOP_WITHIN).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = late => {
            tracing::warn!("some tasks did not finish within 25 s; abandoning them");
            Ok(())
        }
    }
}

/// Installs the recorder of the process. Call it once.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    const SIZES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
    let handle = metrics::install(metrics::recorder(&[("munjigi_gpu_batch_size", &SIZES)]))?;
    http::describe_metrics();
    Ok(handle)
}
