//! The parts as everybody may know them: which, how they are, and since when.
//! No addresses, no reasons: those are for operators, in `health`.
//! They are looked at every few seconds, whoever asks and however often, so
//! that asking costs them nothing.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::stop::Stop;
use munjigi_protocol::Status;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::{App, health};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The same while a part is starting.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// So long a part may take to be well for the first time. It is not down
/// because this process was quicker: the schema is applied behind the first
/// look, and whoever starts everything starts the edge last.
const STARTS_WITHIN_MILLIS: u64 = 30_000;
/// A part that takes longer does not answer.
const WITHIN: Duration = Duration::from_secs(2);

/// A part of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartName {
    /// Records, accounts, the console.
    Postgres,
    /// What visitors and back ends meet.
    Edge,
    /// Letters.
    Mail,
    /// Copies of what the console reads most.
    Cache,
    /// Draws pictures.
    GpuBackend,
}

impl PartName {
    /// As programs read it.
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
pub enum PartState {
    /// Everything answers.
    #[serde(rename = "ok")]
    Ok,
    /// It answers, and something behind it is not well.
    #[serde(rename = "degraded")]
    Degraded,
    /// Not known yet: this process began a moment ago.
    #[serde(rename = "starting")]
    Starting,
    /// It does not answer.
    #[serde(rename = "down")]
    Down,
}

impl From<Status> for PartState {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::Degraded => Self::Degraded,
            Status::Down => Self::Down,
        }
    }
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub name: PartName,
    /// How.
    pub status: PartState,
    /// Since when, as far as this process has seen.
    pub since: UnixMillis,
}

/// All of them at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// When.
    pub at: UnixMillis,
    /// How they were.
    pub parts: Vec<Part>,
}

impl Sighting {
    /// What was found, told since when it is so by what was seen before.
    fn of(found: Vec<(PartName, Status)>, before: Option<&Self>, at: UnixMillis) -> Self {
        let parts = before.map(|before| before.parts.as_slice()).unwrap_or_default();
        let part = |(name, status)| {
            let before = parts.iter().find(|part| part.name == name);
            let status = if is_starting(status, before, at) {
                PartState::Starting
            } else {
                PartState::from(status)
            };
            let same = before.filter(|before| before.status == status);
            Part { name, status, since: same.map_or(at, |part| part.since) }
        };
        Self { at, parts: found.into_iter().map(part).collect() }
    }

    /// Of the whole. Visitors need the edge alone; whatever else is away,
    /// they are served.
    pub fn status(&self) -> PartState {
        let edge_down = |part: &Part| part.name == PartName::Edge && part.status == PartState::Down;
        if self.parts.iter().any(edge_down) {
            PartState::Down
        } else if self.parts.iter().any(|part| part.status == PartState::Starting) {
            PartState::Starting
        } else if self.parts.iter().all(|part| part.status == PartState::Ok) {
            PartState::Ok
        } else {
            PartState::Degraded
        }
    }

    /// For how long it is what everybody is told.
    pub fn holds(&self) -> Duration {
        if self.status() == PartState::Starting { LOOK_AGAIN } else { LOOK_EVERY }
    }
}

/// Whether a part that is not well has not been so since this process began,
/// and it began a moment ago.
fn is_starting(found: Status, before: Option<&Part>, at: UnixMillis) -> bool {
    let still = |before: &Part| {
        let passed_millis = at.0.saturating_sub(before.since.0);
        before.status == PartState::Starting && passed_millis < STARTS_WITHIN_MILLIS
    };
    found != Status::Ok && before.is_none_or(still)
}

/// What was seen last.
#[derive(Debug, Default)]
pub struct Board {
    latest: RwLock<Option<Arc<Sighting>>>,
    looking: Mutex<()>,
}

impl Board {
    fn latest(&self) -> Option<Arc<Sighting>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The parts that were not well when they were last looked at.
    pub fn unwell(&self) -> Vec<PartName> {
        let seen = self.latest();
        let parts = seen.as_deref().map(|seen| seen.parts.as_slice()).unwrap_or_default();
        let is_unwell = |part: &&Part| matches!(part.status, PartState::Degraded | PartState::Down);
        parts.iter().filter(is_unwell).map(|part| part.name).collect()
    }

    fn fresh(&self, now: UnixMillis) -> Option<Arc<Sighting>> {
        let is_fresh = |seen: &Arc<Sighting>| {
            u128::from(now.0.saturating_sub(seen.at.0)) < seen.holds().as_millis()
        };
        self.latest().filter(is_fresh)
    }
}

/// How the parts are; at most one look at a time, and one in ten seconds: in
/// one second, while a part is starting.
pub async fn seen(app: &App) -> Arc<Sighting> {
    if let Some(fresh) = app.board.fresh(app.clock.now()) {
        return fresh;
    }
    let _looking = app.board.looking.lock().await;
    // Whoever waited may find what the one before them saw.
    if let Some(fresh) = app.board.fresh(app.clock.now()) {
        return fresh;
    }
    let found = look(app).await;
    let before = app.board.latest();
    let sighting = Arc::new(Sighting::of(found, before.as_deref(), app.clock.now()));
    *app.board.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&sighting));
    sighting
}

/// Looks until told to stop, so that "since" is right also where nobody asks.
pub async fn watch(app: &App, mut stop: Stop) {
    while !stop.is_asked() {
        let holds = seen(app).await.holds();
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(holds) => {}
        }
    }
}

async fn look(app: &App) -> Vec<(PartName, Status)> {
    let (postgres, edge, mail, cache, gpu) =
        tokio::join!(postgres(app), edge(app), mail(app), cache(app), gpu(app));
    let mut found = vec![(PartName::Postgres, postgres), (PartName::Edge, edge)];
    found.extend(mail.map(|status| (PartName::Mail, status)));
    found.extend(cache.map(|status| (PartName::Cache, status)));
    found.extend(gpu.map(|status| (PartName::GpuBackend, status)));
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

/// None where no letters are sent.
async fn mail(app: &App) -> Option<Status> {
    Some(health::check_mail(app).await?.status)
}

/// None where there is none. Nothing fails without it.
async fn cache(app: &App) -> Option<Status> {
    Some(health::check_redis(app).await?.status)
}

/// None where nothing is drawn. At hours at which it does not run, nobody
/// asks whether it does.
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
