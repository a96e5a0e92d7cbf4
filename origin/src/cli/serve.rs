//! `munjigi serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use munjigi_delivery::http_client;
use munjigi_delivery::telemetry::Traces;
use munjigi_process::stop::asked_to_stop;
use tokio::net::TcpListener;

use super::{Exit, Fail, Shell, storage};
use crate::archive::{Archive, Shelf};
use crate::config::{ArchiveConfig, Config};
use crate::server::{self, Listeners, Server};

/// "already exists, skipping" at every start is no news.
const QUIET: [(&str, &str); 1] = [("sqlx", "sqlx::postgres::notice=warn")];

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  MUNJIGI_DATABASE_URL=postgres://… MUNJIGI_EDGE_URL=https://captcha.example munjigi serve

Starts even if Postgres or the edge is down, reports it, and continues when they
are back. SIGTERM and Ctrl-C stop it after requests in progress.")]
pub struct Arguments {}

pub async fn run(shell: &Shell, _: &Arguments) -> Result<(), Fail> {
    let config = Config::read(&shell.environment)?;
    let traces = |url| {
        let client = http_client::client()
            .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
        Traces::to(url, client)
            .map_err(|error| Fail::new(Exit::Failed, "cannot export traces", error))
    };
    let traces = config.collector.as_ref().map(traces).transpose()?;
    config.log.start_beside(&QUIET, traces.as_ref().map(Traces::boxed_layer));
    let start_fail = |error| Fail::new(Exit::Failed, "the origin cannot start", error);
    let metrics = server::install_metrics().map_err(start_fail)?;
    let archive = archive(&config)?.map(Arc::new);
    let server = Server::new(&config, shell.clock.clone(), shell.entropy.clone(), metrics, archive)
        .map_err(start_fail)?;
    let (address, operators) = (config.http.listen, config.http.operators);
    let listeners = Listeners {
        public: listen(address, "MUNJIGI_LISTEN").await?,
        operators: listen(operators, "MUNJIGI_OPERATOR_LISTEN").await?,
    };
    tracing::info!(
        %address, %operators, version = env!("CARGO_PKG_VERSION"), edge = %config.edge.url,
        event_retention_days = config.retention.event_days, "the origin is listening"
    );
    if shell.environment.has("MUNJIGI_ROOT_KEYS") {
        tracing::warn!("MUNJIGI_ROOT_KEYS is set, but the origin does not need it: remove it");
    }
    let stop = server.leaving(asked_to_stop(), config.http.leave);
    let ended = server.run(listeners, stop).await;
    if let Some(traces) = traces {
        traces.finish().await;
    }
    ended.map_err(|error| Fail::new(Exit::Failed, "the origin stopped", error))
}

fn archive(config: &Config) -> Result<Option<Archive>, Fail> {
    let ArchiveConfig { place: Some(place), recipients } = &config.archive else {
        return Ok(None);
    };
    let nothing = "the origin cannot start";
    let shelf = Shelf::open(place, &storage::settings(nothing)?).map_err(|error| {
        Fail::new(Exit::Environment, nothing, format!("MUNJIGI_ARCHIVE: {place}: {error}"))
            .fix("name a folder that exists, or a bucket")
    })?;
    Ok(Some(Archive { shelf, recipients: recipients.clone() }))
}

async fn listen(address: SocketAddr, variable: &str) -> Result<TcpListener, Fail> {
    TcpListener::bind(address).await.map_err(|error| {
        Fail::new(Exit::Failed, format!("cannot listen on {address}"), error)
            .fix(format!("stop the other program that listens there, or set {variable}"))
    })
}
