//! Public status of the components: which there are, their state, and since
//! when. Addresses and reasons are for operators, in `health`. Components are
//! checked every few seconds regardless of requests, so that requests cost them
//! nothing.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::stop::Stop;
use munjigi_protocol::Status;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::{App, health};

/// Interval between two checks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The interval while a component is starting.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a component can take to be healthy for the first time. It is not
/// down just because this process was quicker: the schema is applied after the
/// first check, and start scripts start the edge last.
pub const STARTS_WITHIN_MILLIS: u64 = 30_000;
/// A component that takes longer does not respond.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentName {
    /// Accounts, settings and statistics, and so the console.
    Postgres,
    /// Serves the widget and siteverify.
    Edge,
    Mail,
    /// Caches what the console reads most.
    Cache,
    GpuBackend,
}

impl ComponentName {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Edge => "edge",
            Self::Mail => "mail",
            Self::Cache => "cache",
            Self::GpuBackend => "gpu-backend",
        }
    }
}

/// Status of a component, or of the whole service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
// The name that clients generated from the document know.
#[schema(as = PartState)]
pub enum ComponentState {
    /// Everything answers.
    #[serde(rename = "ok")]
    Ok,
    /// It answers, but something it depends on does not.
    #[serde(rename = "degraded")]
    Degraded,
    /// Not known yet: this process began a moment ago.
    #[serde(rename = "starting")]
    Starting,
    /// It does not answer.
    #[serde(rename = "down")]
    Down,
}

impl From<Status> for ComponentState {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::Degraded => Self::Degraded,
            Status::Down => Self::Down,
        }
    }
}

/// Status of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    pub name: ComponentName,
    pub status: ComponentState,
    /// Start of this status, as far as this process has seen.
    pub since: UnixMillis,
}

/// The status of all components from one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    pub at: UnixMillis,
    pub components: Vec<Component>,
}

impl Sighting {
    /// Dates each status by comparing it with the previous check.
    fn of(found: Vec<(ComponentName, Status)>, before: Option<&Self>, at: UnixMillis) -> Self {
        let components = before.map(|before| before.components.as_slice()).unwrap_or_default();
        let component = |(name, status)| {
            let before = components.iter().find(|component| component.name == name);
            let status = if is_starting(status, before, at) {
                ComponentState::Starting
            } else {
                ComponentState::from(status)
            };
            let same = before.filter(|before| before.status == status);
            Component { name, status, since: same.map_or(at, |component| component.since) }
        };
        Self { at, components: found.into_iter().map(component).collect() }
    }

    /// Status of the whole service. Visitors need only the edge; they are
    /// served whatever else is down.
    pub fn status(&self) -> ComponentState {
        let edge_down = |component: &Component| {
            component.name == ComponentName::Edge && component.status == ComponentState::Down
        };
        if self.components.iter().any(edge_down) {
            ComponentState::Down
        } else if self
            .components
            .iter()
            .any(|component| component.status == ComponentState::Starting)
        {
            ComponentState::Starting
        } else if self.components.iter().all(|component| component.status == ComponentState::Ok) {
            ComponentState::Ok
        } else {
            ComponentState::Degraded
        }
    }

    /// How long this result is served.
    pub fn holds(&self) -> Duration {
        if self.status() == ComponentState::Starting { LOOK_AGAIN } else { LOOK_EVERY }
    }
}

/// Whether a component that is not healthy has never been since this process
/// started, which was a moment ago.
fn is_starting(found: Status, before: Option<&Component>, at: UnixMillis) -> bool {
    let still = |before: &Component| {
        let passed_millis = at.0.saturating_sub(before.since.0);
        before.status == ComponentState::Starting && passed_millis < STARTS_WITHIN_MILLIS
    };
    found != Status::Ok && before.is_none_or(still)
}

/// The latest result.
#[derive(Debug, Default)]
pub struct Board {
    latest: RwLock<Option<Arc<Sighting>>>,
    looking: Mutex<()>,
}

impl Board {
    fn latest(&self) -> Option<Arc<Sighting>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes the result of a check.
    pub fn note(&self, sighting: Arc<Sighting>) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(sighting);
    }

    /// The components that were degraded or down at the latest check.
    pub fn unhealthy(&self) -> Vec<ComponentName> {
        let seen = self.latest();
        let components = seen.as_deref().map(|seen| seen.components.as_slice()).unwrap_or_default();
        let is_unhealthy = |component: &&Component| {
            matches!(component.status, ComponentState::Degraded | ComponentState::Down)
        };
        components.iter().filter(is_unhealthy).map(|component| component.name).collect()
    }

    fn fresh(&self, now: UnixMillis) -> Option<Arc<Sighting>> {
        let is_fresh = |seen: &Arc<Sighting>| {
            u128::from(now.0.saturating_sub(seen.at.0)) < seen.holds().as_millis()
        };
        self.latest().filter(is_fresh)
    }
}

/// The status of the components. At most one check runs at a time, and one in
/// ten seconds: in one second, while a component is starting.
pub async fn seen(app: &App) -> Arc<Sighting> {
    if let Some(fresh) = app.board.fresh(app.clock.now()) {
        return fresh;
    }
    let _looking = app.board.looking.lock().await;
    // Another request may have finished a check while this one waited.
    if let Some(fresh) = app.board.fresh(app.clock.now()) {
        return fresh;
    }
    let found = look(app).await;
    let before = app.board.latest();
    let sighting = Arc::new(Sighting::of(found, before.as_deref(), app.clock.now()));
    app.board.note(Arc::clone(&sighting));
    sighting
}

/// Checks until told to stop, so that "since" is correct even without requests.
pub async fn watch(app: &App, mut stop: Stop) {
    while !stop.is_asked() {
        let holds = seen(app).await.holds();
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(holds) => {}
        }
    }
}

async fn look(app: &App) -> Vec<(ComponentName, Status)> {
    let (postgres, edge, mail, cache, gpu) =
        tokio::join!(postgres(app), edge(app), mail(app), cache(app), gpu(app));
    let mut found = vec![(ComponentName::Postgres, postgres), (ComponentName::Edge, edge)];
    found.extend(mail.map(|status| (ComponentName::Mail, status)));
    found.extend(cache.map(|status| (ComponentName::Cache, status)));
    found.extend(gpu.map(|status| (ComponentName::GpuBackend, status)));
    found
}

async fn postgres(app: &App) -> Status {
    match (app.readiness.migrated(), health::check_database(app).await.status) {
        (Ok(()), status) => status,
        (Err(_), _) => Status::Down,
    }
}

async fn edge(app: &App) -> Status {
    let asked = tokio::time::timeout(WITHIN, app.edge.health()).await;
    asked.ok().and_then(Result::ok).unwrap_or(Status::Down)
}

/// `None` if no emails are sent.
async fn mail(app: &App) -> Option<Status> {
    Some(health::check_mail(app).await?.status)
}

/// `None` if there is no Redis. Nothing fails without it.
async fn cache(app: &App) -> Option<Status> {
    Some(health::check_redis(app).await?.status)
}

/// `None` if no pictures are drawn. Outside the GPU's hours it is not checked.
async fn gpu(app: &App) -> Option<Status> {
    let gpu = app.factory.gpu.as_ref()?;
    if !app.factory.config.hours.open(app.clock.now()) {
        return Some(Status::Ok);
    }
    let asked = tokio::time::timeout(WITHIN, gpu.health()).await;
    Some(asked.ok().and_then(Result::ok).unwrap_or(Status::Down))
}

#[cfg(test)]
mod tests;
