//! `munjigi serve`: starts the parts in an order that requires no other service
//! to be up yet, and stops them so that nothing in flight is lost.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_app::cache::{Redis, drop_copies};
use munjigi_app::components;
use munjigi_app::console::Console;
use munjigi_app::health::Schema;
use munjigi_app::jobs::{Archiving, Jobs, PublishedLists};
use munjigi_app::settings::{Console as ConsoleSettings, Retention};
use munjigi_app::{App, ConsoleApp, Parts};
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::http_client;
use munjigi_delivery::lists::Fetcher;
use munjigi_delivery::mail::{Sender, Transport, TransportError};
use munjigi_delivery::notifications::{Courier, Hooks};
use munjigi_delivery::publish::Publisher;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::reach::Reach;
use munjigi_keys::signature::{Audience, AudienceKeys};
use munjigi_pictures::gpu::Gpu;
use munjigi_process::clock::Clock;
use munjigi_process::metrics;
use munjigi_process::stop::{self, Stop};
use munjigi_store::Database;
use tokio::net::TcpListener;

use crate::archive::Archive;
use crate::config::{Config, Mail, RedisServer};
use crate::http;

pub use munjigi_process::metrics::unused as unused_metrics;

/// How long requests and tasks in progress may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(25);
/// The factory's own connections, so that intake never waits for it.
const FACTORY_CONNECTIONS: u32 = 5;
/// Connections beside a pooler: one for each listener, and one for migrations.
const DIRECT_CONNECTIONS: u32 = 7;
/// Delay between attempts to reach Postgres at start-up.
const WAIT_FOR_SCHEMA: Duration = Duration::from_secs(1);

/// The parts of a running origin.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    console: Option<Arc<Console>>,
    lists: PublishedLists,
    archive: Option<Arc<Archive>>,
}

/// Why the origin could not be built.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// TLS or the system's certificates.
    #[error("cannot create the HTTP client: {0}")]
    HttpClient(#[source] reqwest::Error),
    /// Another recorder was installed.
    #[error("cannot record metrics: {0}")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// TLS or the system's certificates.
    #[error("cannot connect to Redis: {0}")]
    Redis(#[source] redis::RedisError),
    /// TLS or the system's certificates.
    #[error(transparent)]
    Mail(#[from] TransportError),
}

impl Server {
    /// Builds the parts; does not connect yet.
    pub fn new(
        config: &Config,
        clock: Clock,
        entropy: Entropy,
        metrics: PrometheusHandle,
        archive: Option<Arc<Archive>>,
    ) -> Result<Self, StartError> {
        let pool = munjigi_store::pooled(&config.database);
        let direct = config.database.pooler.is_some().then(|| {
            let connections = DIRECT_CONNECTIONS;
            munjigi_store::pool(&Database { connections, ..config.database.clone() })
        });
        let factory_pool = munjigi_store::pooled(&Database {
            connections: FACTORY_CONNECTIONS,
            ..config.database.clone()
        });
        let connections = config.database.connections;
        let internal = &config.keys.internal;
        let client = http_client::client().map_err(StartError::HttpClient)?;
        let url = config.edge.url.clone();
        let urls = &config.pictures.gpu_urls;
        let gpu = Gpu::new(client.clone(), urls, internal, clock.clone(), entropy.clone());
        let edge = EdgeClient::new(client, url, internal, clock.clone(), entropy.clone());
        let pictures = config.pictures.clone();
        let check = config.keys.check.clone();
        let console = config.console.clone().map(|console| {
            Console::new(console, check.clone(), config.mail.as_ref().map(|mail| &mail.transport))
        });
        // After the client, which chooses the TLS provider of the process.
        let sender = |mail: &Mail| {
            let transport = Transport::of(&mail.transport)?;
            Ok::<_, StartError>(Sender::new(
                pool.clone(),
                clock.clone(),
                mail.from.clone(),
                transport,
            ))
        };
        let mail = config.mail.as_ref().map(sender).transpose()?;
        let redis = |server: &RedisServer| Redis::new(server.client()?);
        let redis = config.redis.as_ref().map(redis).transpose().map_err(StartError::Redis)?;
        let is_local = config.console.as_ref().is_some_and(ConsoleSettings::is_local);
        let reach = if is_local { Reach::Anywhere } else { Reach::Public };
        let hooks = Hooks::new(reach).map_err(StartError::HttpClient)?;
        let lists = PublishedLists {
            fetcher: Fetcher::new(reach).map_err(StartError::HttpClient)?,
            sources: config.lists.sources.clone(),
            period: config.lists.period,
        };
        let replica = config.replica.as_ref().map(munjigi_store::pool);
        let parts = Parts {
            pool,
            direct,
            replica,
            factory_pool,
            clock,
            entropy,
            calls: AudienceKeys::derive(internal, Audience::Origin),
            check,
            edge,
            gpu,
            pictures,
            console,
            mail,
            redis,
            hooks,
            connections,
        };
        Ok(Self::of(parts, config.retention, metrics, (lists, archive)))
    }

    /// From parts, for tests.
    pub fn of(
        parts: Parts,
        retention: Retention,
        metrics: PrometheusHandle,
        (lists, archive): (PublishedLists, Option<Arc<Archive>>),
    ) -> Self {
        let (app, console) = parts.build(retention, metrics);
        Self { app, console, lists, archive }
    }

    /// The state of pages and API, where there is a console.
    pub fn console_app(&self) -> Option<ConsoleApp> {
        let console = Arc::clone(self.console.as_ref()?);
        Some(ConsoleApp { app: Arc::clone(&self.app), console })
    }

    fn router(&self) -> Router {
        match self.console_app() {
            Some(app) => http::router(app),
            None => http::router_without_console(Arc::clone(&self.app)),
        }
    }

    /// Ends once `stop` is done and proxies had the time `leave` to notice that
    /// requests belong elsewhere; this origin answers as ever meanwhile.
    pub fn leaving<S: Future<Output = ()> + Send>(
        &self,
        stop: S,
        leave: Duration,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let app = Arc::clone(&self.app);
        async move {
            stop.await;
            if !leave.is_zero() {
                tracing::info!("leaving: proxies send requests elsewhere");
                app.readiness.leave();
                tokio::time::sleep(leave).await;
            }
        }
    }

    /// Serves until `stop` is done, then ends what is in progress.
    pub async fn run(
        self,
        listeners: Listeners,
        stop: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        let (stopper, asked) = stop::pair();
        let routers = (self.router(), munjigi_app::http::operators(Arc::clone(&self.app)));
        let mut serving = tokio::spawn(serve(routers, listeners, asked.clone()));
        let Self { app, console, lists, archive } = self;
        let background = background(Arc::clone(&app), console.clone(), (lists, archive), asked);
        let background = tokio::spawn(background);
        tokio::select! {
            () = stop => {
                tracing::info!("stopping: finishing requests in progress");
                stopper.ask();
                // They would keep the origin from stopping.
                if let Some(console) = &console {
                    console.live_pages.end();
                }
            }
            ended = &mut serving => {
                stopper.ask();
                return ended.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            }
        }
        let ended = async {
            let served = serving.await;
            if let Some(console) = &console {
                console.later.settled().await;
            }
            let _ = background.await;
            served
        };
        let Ok(served) = tokio::time::timeout(STOP_WITHIN, ended).await else {
            tracing::warn!("some tasks did not finish within 25 s; abandoning them");
            return Ok(());
        };
        let direct = async {
            if let Some(direct) = &app.direct {
                direct.close().await;
            }
        };
        tokio::join!(app.pool.close(), app.factory.pool.close(), direct);
        tracing::info!("stopped");
        served.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }
}

/// Listening sockets.
#[derive(Debug)]
pub struct Listeners {
    pub public: TcpListener,
    /// For operators only.
    pub operators: TcpListener,
}

/// Answers on both, until asked to stop.
async fn serve(
    (router, operators): (Router, Router),
    listeners: Listeners,
    asked: Stop,
) -> std::io::Result<()> {
    let until = |mut asked: Stop| async move { asked.asked().await };
    // The console needs to know the client's address.
    let router = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let public = axum::serve(listeners.public, router).with_graceful_shutdown(until(asked.clone()));
    let operators =
        axum::serve(listeners.operators, operators).with_graceful_shutdown(until(asked));
    tokio::try_join!(public.into_future(), operators.into_future()).map(|_| ())
}

/// Checks the parts periodically; applies the schema, then publishes, runs the
/// jobs, makes pictures and sends emails.
async fn background(
    app: Arc<App>,
    console: Option<Arc<Console>>,
    jobs: (PublishedLists, Option<Arc<Archive>>),
    stop: Stop,
) {
    let work = work(&app, console.as_deref(), jobs, stop.clone());
    tokio::join!(components::watch(&app, stop), work);
}

async fn work(
    app: &Arc<App>,
    console: Option<&Console>,
    (lists, archive): (PublishedLists, Option<Arc<Archive>>),
    mut stop: Stop,
) {
    tokio::select! {
        () = stop.asked() => return,
        () = apply_schema(app) => {}
    }
    let publisher = Publisher {
        pool: app.pool.clone(),
        edge: app.edge.clone(),
        check: app.check.clone(),
        clock: app.clock.clone(),
    };
    let jobs = Jobs {
        pool: app.pool.clone(),
        locks: Arc::clone(&app.cache.locks),
        clock: app.clock.clone(),
        event_days: app.retention.event_days,
        archive: archive.map(|archive| archive as Arc<dyn Archiving>),
        publisher: publisher.clone(),
        entropy: app.entropy.clone(),
        console: console.map(|console| console.config.url.clone()),
        lists,
    };
    let factory = app.factory.clone();
    let mail = app.mail.clone();
    let sending = async {
        if let Some(sender) = mail {
            sender.run(app.sessions().clone(), stop.clone()).await;
        }
    };
    let courier = console.map(|console| Courier {
        pool: app.pool.clone(),
        clock: app.clock.clone(),
        entropy: app.entropy.clone(),
        vault: console.vault.clone(),
        hooks: app.hooks.clone(),
    });
    let carrying = async {
        if let Some(courier) = courier {
            courier.run(app.sessions().clone(), stop.clone()).await;
        }
    };
    tokio::join!(
        publisher.run(app.sessions().clone(), stop.clone()),
        jobs.run(stop.clone()),
        factory.run(app.direct.clone(), stop.clone()),
        drop_copies(Arc::clone(app), stop.clone()),
        app.reads.clone().watch(app.clock.clone(), stop.clone()),
        sending,
        carrying
    );
}

async fn apply_schema(app: &App) {
    let mut told = String::new();
    loop {
        let pooled = app.direct.as_ref().map(|_| &app.pool);
        match munjigi_store::prepare(app.sessions(), pooled).await {
            Ok(()) => {
                app.readiness.set_schema(Schema::Applied);
                tracing::info!("the schema is up to date; ready");
                return;
            }
            Err(error) => {
                let text = error.to_string();
                // The same reason once, not once a second.
                if text != told {
                    tracing::warn!(%error, "not ready: waiting for Postgres, retrying every second");
                }
                app.readiness.set_schema(Schema::Waiting(text.clone()));
                told = text;
            }
        }
        tokio::time::sleep(WAIT_FOR_SCHEMA).await;
    }
}

/// Installs the recorder of the process. Must be called only once.
pub fn install_metrics() -> Result<PrometheusHandle, StartError> {
    const LAG_SECONDS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0, 86_400.0];
    let recorder = metrics::recorder(&[("munjigi_event_lag_seconds", &LAG_SECONDS)]);
    let handle = metrics::install(recorder).map_err(StartError::Metrics)?;
    munjigi_app::http::describe_metrics();
    Ok(handle)
}

#[cfg(test)]
mod tests;
