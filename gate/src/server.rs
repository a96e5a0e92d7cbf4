//! Starts the parts in an order in which nothing is answered that could not be
//! kept, and stops them so that nothing in flight is lost.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use munjigi_process::clock::Clock;
use munjigi_process::metrics;
use munjigi_process::stop::{self, Stop};
use munjigi_protocol::SiteConfig;
use munjigi_serving::counts::Urgency;
use munjigi_serving::own_lists::{self, OwnList};
use munjigi_serving::own_sites::{self, OwnSiteError, Published};
use munjigi_serving::platform::BackgroundTask;
use munjigi_serving::state::State;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::assets::Assets;
use crate::config::{Config, OwnSite};
use crate::delivery::Courier;
use crate::figures::Figures;
use crate::http;
use crate::http_client;
use crate::images::{Images, ImagesError};
use crate::limits::Limits;
use crate::list_files::{ListError, ListFile};
use crate::listen::{Address, Listener};
use crate::live::{Live, Public};
use crate::meter::Meter;
use crate::native::{Native, Parts};
use crate::networks::{Networks, NetworksError};
use crate::operators::{self, Operators};
use crate::request::Ingress;
use crate::sqlite::{OpenError, Sqlite};
use crate::tls::{Tls, TlsError};

/// How long requests in progress may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// Files that are no visitors' connections.
const OTHER_FILES: u64 = 512;
/// How often the store writes down that it is in use, at least.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// How often what is over is deleted.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Why a gate did not start. An operator has to act.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `build.rs` found no widget.
    #[error("this gate was built without the widget: run scripts/build and build it again")]
    NoWidget,
    #[error("cannot open the store: {0}")]
    Store(#[from] OpenError),
    /// The folder or bucket of pictures.
    #[error(transparent)]
    Pictures(#[from] ImagesError),
    #[error(transparent)]
    Networks(#[from] NetworksError),
    /// A port that is in use, or an address of another machine.
    #[error("cannot listen on {address}: {source}")]
    Listen { address: Address, source: io::Error },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// TLS or the system's certificates.
    #[error("cannot create the client for calls to the origin: {0}")]
    Client(#[from] reqwest::Error),
    /// Another recorder was installed.
    #[error("cannot record metrics: {0}")]
    Metrics(#[from] BuildError),
    /// A site of the file that no edge accepts.
    #[error("{place}: the site {sitekey}: {problem}")]
    Site {
        place: String,
        sitekey: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A list of the file that cannot be used.
    #[error(transparent)]
    List(#[from] Box<ListError>),
    /// The store did not take the sites or the lists of the file.
    #[error("the store did not take the sites and lists of the file")]
    Away,
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Runtime(#[source] io::Error),
}

pub struct Server {
    live: Live,
    public: Listener,
    operators: Option<TcpListener>,
    connections: usize,
    metrics: PrometheusHandle,
    courier: Option<Courier>,
}

/// Installs the recorder of the process. Must be called only once.
///
/// # Errors
///
/// There is one already.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = metrics::install(metrics::recorder(&[]))?;
    operators::describe_metrics();
    Ok(handle)
}

impl Server {
    /// Opens the store and binds the ports.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn bind(
        config: Config,
        assets: Assets,
        clock: Clock,
        metrics: PrometheusHandle,
    ) -> Result<Self, StartError> {
        let networks = Networks::open(&config.networks)?;
        let store = Sqlite::open(&config.data, clock.clone())?;
        let images = Images::open(&config.pictures)?;
        let checked = images.clone();
        tokio::spawn(async move { checked.check().await });
        let has_origin = config.edge.origin_url.is_some();
        let settled = config.settled();
        let tls = config.tls.map(Tls::read).transpose()?.map(Arc::new);
        let meter =
            Meter::resume(config.edge.counter_half_life_seconds, store.clone(), clock.clone())
                .await;
        let limits = Arc::new(Limits::new(config.limits));
        let state = State::new(config.edge);
        let (figures, assets) = (Arc::new(Figures::default()), Arc::new(assets));
        let located = networks.clone();
        let parts = Parts { state, store, images, meter, limits, figures, assets, networks, clock };
        let platform = Native::new(parts);
        publish_lists(&platform, read_lists(&config.lists)?).await?;
        publish(&platform, &config.sites).await?;
        let ingress = Ingress::new(config.proxies, config.public, config.proxy_protocol)
            .with_networks(located);
        let live = Live::new(Public { platform, ingress: Arc::new(ingress), tls }, settled);
        let courier = if has_origin {
            Some(Courier::new(live.clone(), http_client::client()?))
        } else {
            None
        };
        let public = Listener::bind(&config.listen).await;
        let public = public
            .map_err(|source| StartError::Listen { address: config.listen.clone(), source })?;
        let operators =
            match config.operator_listen {
                Some(address) => Some(TcpListener::bind(address).await.map_err(|source| {
                    StartError::Listen { address: Address::Tcp(address), source }
                })?),
                None => None,
            };
        let connections = connections(config.connections.get());
        Ok(Self { live, public, operators, connections, metrics, courier })
    }

    pub fn live(&self) -> Live {
        self.live.clone()
    }

    /// Serves until `until` is done, then ends what is in progress and sends
    /// what waits.
    pub async fn run(self, until: impl Future<Output = ()> + Send) {
        let (stopper, asked) = stop::pair();
        let (late_stopper, late) = stop::pair();
        let Self { live, public, operators, connections, metrics, courier } = self;
        let beating = tokio::spawn(beat(live.clone()));
        let sweeping = tokio::spawn(sweep(live.clone(), late.clone()));
        let delivering = tokio::spawn(async move {
            if let Some(courier) = courier {
                courier.run(late).await;
            }
        });
        let operating = tokio::spawn(operate(
            operators,
            Operators { live: live.clone(), metrics },
            asked.clone(),
        ));
        let serving =
            tokio::spawn(http::serve(live.clone(), public, connections, asked, STOP_WITHIN));
        // systemd waits for it; no one else listens.
        sd_notify::notify(&[NotifyState::Ready]).ok();
        until.await;
        tracing::info!("stopping: finishing requests in progress");
        sd_notify::notify(&[NotifyState::Stopping]).ok();
        stopper.ask();
        let _ = tokio::join!(serving, operating);
        // What the last requests counted, and then all that waits.
        let public = live.now();
        munjigi_serving::background::run(
            &public.platform,
            BackgroundTask::SendCounts(Urgency::Now),
        )
        .await;
        late_stopper.ask();
        let _ = tokio::join!(delivering, sweeping);
        beating.abort();
        live.now().platform.parts().store.close().await;
        tracing::info!("stopped");
    }
}

/// Publishes the sites of the file to the store.
///
/// # Errors
///
/// The first site that is wrong; see [`StartError`].
pub async fn publish(platform: &Native, sites: &[OwnSite]) -> Result<Published, StartError> {
    let configs: Vec<SiteConfig> = sites.iter().map(|site| site.config.clone()).collect();
    let published = own_sites::publish(platform, &configs).await;
    platform.parts().figures.name(&configs);
    if let Ok(Published { left: left @ 1.., .. }) = published {
        tracing::warn!(
            sites = left,
            "the origin has these sites now: their lines in the file do nothing; take them out"
        );
    }
    published.map_err(|error| match error {
        OwnSiteError::Away => StartError::Away,
        OwnSiteError::Wrong { index, problem } => {
            let site = sites.get(index);
            StartError::Site {
                place: site.map(|site| site.place.clone()).unwrap_or_default(),
                sitekey: site.map(|site| site.config.sitekey.clone()).unwrap_or_default(),
                problem,
            }
        }
    })
}

/// Reads the lists of the file.
///
/// # Errors
///
/// The first that cannot be used.
pub fn read_lists(files: &[ListFile]) -> Result<Vec<OwnList>, StartError> {
    let read = |file: &ListFile| {
        let list = file.read().map_err(Box::new)?;
        Ok(OwnList { id: file.id.clone(), list: Some(list) })
    };
    files.iter().map(read).collect()
}

/// Publishes the lists of the file to the store.
///
/// # Errors
///
/// The store does not respond.
pub async fn publish_lists(
    platform: &Native,
    lists: Vec<OwnList>,
) -> Result<Published, StartError> {
    own_lists::publish(platform, &lists).await.map_err(|_| StartError::Away)
}

/// As many as wanted, as far as the system lets this process open files; the
/// rest of those are for the store, its folder and calls to the origin.
fn connections(wanted: u32) -> usize {
    let limit = getrlimit(Resource::Nofile);
    // Most systems let a process raise its own limit this far.
    let raised = Rlimit { current: limit.maximum, ..limit };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    let most = limit.current.unwrap_or(u64::MAX).saturating_sub(OTHER_FILES).max(1);
    if most < u64::from(wanted) {
        tracing::warn!(most, wanted, "the system's limit of open files allows fewer connections");
    }
    usize::try_from(most.min(u64::from(wanted))).unwrap_or(usize::MAX)
}

async fn operate(listener: Option<TcpListener>, operators: Operators, mut asked: Stop) {
    let Some(listener) = listener else { return };
    let address = listener.local_addr().map_or(Ipv4Addr::LOCALHOST.into(), |local| local.ip());
    let served = axum::serve(listener, operators::router(operators, address))
        .with_graceful_shutdown(async move { asked.asked().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the operators' address is no longer served");
    }
}

/// Lets the store write down that it is in use: it does with any call.
async fn beat(live: Live) {
    loop {
        tokio::time::sleep(BEAT_EVERY).await;
        // What is wrong is told where it is noticed.
        let _ = live.now().platform.parts().store.respond().await;
    }
}

/// Deletes what is over.
async fn sweep(live: Live, mut stop: Stop) {
    while !stop.is_asked() {
        let public = live.now();
        let parts = public.platform.parts();
        parts.limits.sweep();
        match parts.store.sweep().await {
            Ok(0) => {}
            Ok(lost) => {
                ::metrics::counter!("munjigi_edge_events_lost_total").increment(lost);
                tracing::warn!(count = lost, event = "events-lost", "no origin took them in time");
            }
            Err(_) => tracing::warn!("the store did not delete what is over; trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = stop.asked() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use munjigi_serving::contract;

    use super::*;
    use crate::config::{File, Settings};

    /// A server whose store is in a folder, on ports that are free.
    async fn server(folder: &Path) -> Server {
        let key = "t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let text = format!(
            "root_keys = \"{key}\"\ninternal_keys = \"{key}\"\nkey_check = \"{}\"\n\
             listen = \"127.0.0.1:0\"\noperator_listen = \"none\"",
            &key[3..]
        );
        let file = File::parse(&folder.join("gate.toml").to_string_lossy(), &text).unwrap();
        let settings = Settings::new(Some(file), [], |path| std::fs::read_to_string(path));
        let config = settings.config().unwrap();
        Server::bind(config, Assets::new(&[], ""), Clock::system(), metrics::unused())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_platform_of_a_server_keeps_every_contract() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(folder.path()).await;
        assert_eq!(contract::answer(&server.live().now().platform).await.status, 200);
    }
}
