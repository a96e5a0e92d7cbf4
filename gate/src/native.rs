//! This process as the platform of the routes.

use std::sync::Arc;
use std::time::Duration;

use munjigi_captcha::ports::StoreError;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_protocol::{CountBatch, CountKind, HealthCheck, Status};
use munjigi_serving::background;
use munjigi_serving::config as serving;
use munjigi_serving::entropy::NoEntropy;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::platform::{BackgroundTask, Platform, Program, StoreMessages};
use munjigi_serving::ports::{Admission, Limit};
use munjigi_serving::state::State;

use crate::assets::Assets;
use crate::figures::Figures;
use crate::images::Images;
use crate::limits::{Limits, PerMinute};
use crate::meter::Meter;
use crate::networks::Networks;
use crate::random;
use crate::request::Request;
use crate::sqlite::Sqlite;

/// A last backup that is older is worth a look: they are made once a day.
const BACKUP_MS: u64 = 48 * 3_600_000;

/// The platform. Clones share everything.
#[derive(Clone)]
pub struct Native(Arc<Parts>);

pub struct Parts {
    /// Configuration and caches.
    pub state: State,
    /// Redemptions, prices, the deny list, nonces and values.
    pub store: Sqlite,
    pub images: Images,
    pub meter: Meter,
    pub limits: Arc<Limits>,
    /// What operators see of the last minutes.
    pub figures: Arc<Figures>,
    pub assets: Arc<Assets>,
    pub networks: Networks,
    pub clock: Clock,
}

impl Native {
    /// From its parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// With other settings of the routes, other limits and databases, and all
    /// else the same: store, counters, counts and meter.
    #[must_use]
    pub fn reconfigured(
        &self,
        config: serving::Config,
        limits: PerMinute,
        networks: Networks,
    ) -> Self {
        let old = self.parts();
        // What a client has used up of a limit stays used up.
        let limits = if old.limits.per_minute() == limits {
            Arc::clone(&old.limits)
        } else {
            Arc::new(Limits::new(limits))
        };
        Self::new(Parts {
            state: old.state.reconfigured(config),
            store: old.store.clone(),
            images: old.images.clone(),
            meter: old.meter.clone(),
            limits,
            figures: Arc::clone(&old.figures),
            assets: Arc::clone(&old.assets),
            networks,
            clock: old.clock.clone(),
        })
    }

    pub fn parts(&self) -> &Parts {
        &self.0
    }
}

/// Adds what rules about paths stopped to the metrics.
fn count_stops(batch: &CountBatch) {
    for count in &batch.counts {
        let dry_run = match count.kind {
            CountKind::Stopped => "false",
            CountKind::WouldStop => "true",
            _ => continue,
        };
        let (site, path) = (count.sitekey.clone(), count.action.clone());
        metrics::counter!(
            "munjigi_edge_stopped_total", "site" => site, "path" => path, "dry_run" => dry_run
        )
        .increment(count.count.into());
    }
}

/// What `/health` says of the last backup.
fn backup(now: UnixMillis, at: UnixMillis) -> HealthCheck {
    let is_old = now.0.saturating_sub(at.0) > BACKUP_MS;
    let (status, remark) = if is_old {
        (Status::Degraded, ", more than two days ago: look at what should make them")
    } else {
        (Status::Ok, "")
    };
    let date = UnixMillis::from_seconds(at.seconds()).rfc3339();
    HealthCheck { name: "backup".into(), status, detail: format!("the last is of {date}{remark}") }
}

impl Platform for Native {
    type Source = Request;
    type Values = Sqlite;
    type Redemptions = Sqlite;
    type Images = Images;
    type Meter = Meter;

    const PROGRAM: Program = Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        build: match option_env!("MUNJIGI_BUILD") {
            Some(build) => build,
            None => "unknown",
        },
    };
    const STORE_MESSAGES: StoreMessages = StoreMessages {
        values_away: "the store is not responding",
        values_down: "the store does not respond: only recently used sites are served. Check the file that `data` names",
        redemptions_down: "the store does not respond: siteverify accepts no tokens. Check the file that `data` names",
        redemptions_missing: "there is no store",
        deny_list_away: "the store did not accept the deny list",
    };

    fn state(&self) -> Option<&State> {
        Some(&self.0.state)
    }

    fn now(&self) -> UnixMillis {
        self.0.clock.now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        random::fill(bytes)
    }

    fn log(&self, line: &Line<'_>) {
        macro_rules! write {
            ($level:ident) => {
                tracing::$level!(
                    event = line.event,
                    request_id = line.request_id,
                    route = line.route,
                    status = line.status,
                    code = line.code,
                    duration_ms = line.duration_ms,
                    count = line.count,
                    detail = line.detail,
                )
            };
        }
        match line.level {
            Level::Info => write!(info),
            Level::Warn => write!(warn),
            Level::Error => write!(error),
        }
    }

    fn values(&self) -> Result<Sqlite, StoreError> {
        Ok(self.0.store.clone())
    }

    fn redemptions(&self) -> Result<Sqlite, StoreError> {
        Ok(self.0.store.clone())
    }

    fn generation(&self) -> Option<u16> {
        Some(self.0.store.generation())
    }

    fn trouble(&self) -> Option<String> {
        self.0.store.trouble()
    }

    fn images(&self) -> Result<Images, StoreError> {
        Ok(self.0.images.clone())
    }

    fn meter(&self) -> Result<Meter, StoreError> {
        Ok(self.0.meter.clone())
    }

    async fn admit(&self, limit: Limit, key: &str) -> Admission {
        self.0.limits.admit(limit, key)
    }

    async fn asset(&self, path: &str) -> Option<String> {
        self.0.assets.text(path)
    }

    /// Counted here, and kept for the origin if there is one.
    async fn forward(&self, batch: &CountBatch) -> Result<(), String> {
        self.0.figures.note(batch);
        count_stops(batch);
        self.0.store.count(&batch.counts).await.map_err(|error| error.to_string())?;
        if self.0.state.config.origin_url.is_none() {
            return Ok(());
        }
        let body = serde_json::to_string(batch).map_err(|error| error.to_string())?;
        self.0.store.queue(body).await.map_err(|error| error.to_string())
    }

    fn checks(&self) -> Vec<HealthCheck> {
        let (now, parts) = (self.now(), &self.0);
        // Rules by what is unknown match no one; everything else works without.
        let detail = parts.networks.told(now);
        let networks = HealthCheck { name: "networks".into(), status: Status::Ok, detail };
        let backup = parts.store.last_backup().map(|at| backup(now, at));
        [Some(networks), backup].into_iter().flatten().collect()
    }

    async fn sleep(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    fn later(&self, task: BackgroundTask) {
        let platform = self.clone();
        tokio::spawn(async move { background::run(&platform, task).await });
    }
}
