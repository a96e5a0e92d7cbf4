//! `serve`: reads the environment, starts logging, listens.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use munjigi_process::stop::asked_to_stop;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::engine::choice::{Engines, Wish};
use crate::server;
use crate::serving::Watcher;

pub(super) fn run(wish: &Wish, models: &Path) -> Result<ExitCode> {
    let environment =
        config::environment(std::env::vars_os(), |path| std::fs::read_to_string(path));
    let config = Config::read(&environment)?;
    config.log.start(&[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(&config, wish, models))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config, wish: &Wish, models: &Path) -> Result<()> {
    let hangups = Hangups::hear();
    let metrics = server::install_metrics()?;
    let address = config.listen;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: stop the other program that listens there, or set MUNJIGI_GPU_LISTEN"
        )
    })?;
    let address = listener.local_addr()?;
    let engines = Engines::choose(wish);
    let app = server::app(config, engines, Clock::system(), metrics)?;
    tracing::info!(
        %address, version = env!("CARGO_PKG_VERSION"), engines = %app.device.engines(),
        threads = config.work.threads,
        models = %models.display(), "the gpu-backend is listening"
    );
    let watcher = server::watch(&app, models, config)?;
    tokio::select! {
        served = server::run(app, listener, asked_to_stop()) => served?,
        () = hangups.obey(&watcher) => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// Requests to reload the models: SIGHUP, where it exists.
struct Hangups {
    #[cfg(unix)]
    signals: std::io::Result<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// From here on hang-ups are handled; before, one ends the process.
    fn hear() -> Self {
        #[cfg(unix)]
        let signals = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        Self {
            #[cfg(unix)]
            signals,
        }
    }

    /// Makes the watcher reload on each. Never returns.
    async fn obey(self, watcher: &Watcher) {
        #[cfg(unix)]
        if let Ok(mut signals) = self.signals {
            while signals.recv().await.is_some() {
                watcher.look_now();
            }
        }
        #[cfg(not(unix))]
        let _ = watcher;
        std::future::pending::<()>().await;
    }
}
