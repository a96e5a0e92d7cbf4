//! The state of each dependency, as operators and the public status see it.
//!
//! **degraded**: visitors are served, but something behind is missing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use munjigi_protocol::{Health, HealthCheck, Status};
use munjigi_store::deliveries::{self, Topic};
use munjigi_store::lists;

use crate::cache::Away;
use crate::{App, Refused};

/// A check that takes longer has failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// A user who waits for an email has given up by then.
const MAIL_LAG_MS: u64 = 5 * 60_000;

/// State of the schema, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// Not applied yet, and the reason.
    Waiting(String),
    /// Applied up to the version that this program needs.
    Applied,
}

/// Results of background tasks.
#[derive(Debug)]
pub struct Readiness {
    schema: RwLock<Schema>,
    leaving: AtomicBool,
}

impl Default for Readiness {
    fn default() -> Self {
        let schema = RwLock::new(Schema::Waiting("starting".to_owned()));
        Self { schema, leaving: AtomicBool::new(false) }
    }
}

impl Readiness {
    pub fn set_schema(&self, schema: Schema) {
        *self.schema.write().unwrap_or_else(PoisonError::into_inner) = schema;
    }

    pub fn schema(&self) -> Schema {
        self.schema.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// This process will stop soon: requests belong elsewhere.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Whether a proxy should send requests here.
    pub fn serves(&self) -> bool {
        self.migrated().is_ok() && !self.is_leaving()
    }

    /// Refuses what needs the schema until it is applied.
    pub fn migrated(&self) -> Result<(), Refused> {
        match self.schema() {
            Schema::Applied => Ok(()),
            Schema::Waiting(_) => Err(Refused::unavailable("the origin is still starting")),
        }
    }
}

/// Every dependency, and the worst state among them.
pub async fn checks(app: &App) -> Health {
    let (database, edge, redis, gpu, mail, lists) = tokio::join!(
        check_database(app),
        check_edge(app),
        check_redis(app),
        check_gpu(app),
        check_mail(app),
        check_lists(app)
    );
    let mut checks = vec![database, check_schema(app), edge];
    checks.extend(redis);
    checks.extend(gpu);
    checks.extend(mail);
    checks.extend(lists);
    Health { status: worst(&checks), checks }
}

pub(crate) async fn check_database(app: &App) -> HealthCheck {
    let name = "database";
    match tokio::time::timeout(CHECK_TIMEOUT, munjigi_store::ping(&app.pool)).await {
        Ok(Ok(())) => well(name),
        Ok(Err(error)) => {
            tracing::debug!(%error, "database check");
            wrong(name, Status::Down, "Postgres does not respond: check MUNJIGI_DATABASE_URL")
        }
        Err(_) => wrong(name, Status::Down, "Postgres does not respond within 2 s"),
    }
}

/// `None` if no list is fetched, or the store cannot tell.
async fn check_lists(app: &App) -> Option<HealthCheck> {
    let name = "lists";
    let lists =
        tokio::time::timeout(CHECK_TIMEOUT, lists::published(&app.pool)).await.ok()?.ok()?;
    let now = app.clock.now();
    let stale: Vec<&str> =
        lists.iter().filter(|list| list.is_stale(now)).map(|list| list.name.as_str()).collect();
    Some(match (lists.as_slice(), stale.as_slice()) {
        ([], _) => return None,
        (_, []) => well(name),
        (_, stale) => {
            let why = format!("not fetched for three days: {}", stale.join(", "));
            wrong(name, Status::Degraded, &why)
        }
    })
}

fn check_schema(app: &App) -> HealthCheck {
    match app.readiness.schema() {
        Schema::Applied => well("schema"),
        Schema::Waiting(why) => wrong("schema", Status::Down, &why),
    }
}

async fn check_edge(app: &App) -> HealthCheck {
    let name = "edge";
    match tokio::time::timeout(CHECK_TIMEOUT, app.edge.health()).await {
        Ok(Ok(Status::Ok)) => well(name),
        // Its own checks name the cause.
        Ok(Ok(_)) => {
            wrong(name, Status::Degraded, "the edge reports that one of its components is degraded")
        }
        Ok(Err(error)) => wrong(name, Status::Degraded, &error.to_string()),
        Err(_) => wrong(name, Status::Degraded, "the edge does not respond within 2 s"),
    }
}

/// `None` if there is no Redis.
pub(crate) async fn check_redis(app: &App) -> Option<HealthCheck> {
    let name = "redis";
    let away = "Redis does not respond; Postgres takes over: check MUNJIGI_REDIS_URL";
    Some(match app.cache.redis.as_ref()?.ping().await {
        Ok(()) => well(name),
        Err(Away) => wrong(name, Status::Degraded, away),
    })
}

/// `None` if no pictures are drawn. Outside the GPU's hours it is not checked.
async fn check_gpu(app: &App) -> Option<HealthCheck> {
    let name = "gpu-backend";
    let gpu = app.factory.gpu.as_ref()?;
    if !app.factory.config.hours.open(app.clock.now()) {
        return Some(well(name));
    }
    Some(match tokio::time::timeout(CHECK_TIMEOUT, gpu.health()).await {
        Ok(Ok(Status::Ok)) => well(name),
        // Its own checks name the cause.
        Ok(Ok(_)) => wrong(
            name,
            Status::Degraded,
            "the gpu-backend reports that one of its components is degraded",
        ),
        Ok(Err(error)) => wrong(name, Status::Degraded, &error.to_string()),
        Err(_) => wrong(name, Status::Degraded, "the gpu-backend does not respond within 2 s"),
    })
}

/// `None` if no emails are sent.
pub(crate) async fn check_mail(app: &App) -> Option<HealthCheck> {
    let name = "mail";
    if let Some(failure) = app.mail.as_ref()?.failure() {
        return Some(wrong(name, Status::Degraded, &failure));
    }
    let backlog = deliveries::backlog_of(&app.pool, Topic::Emails, app.clock.now());
    Some(match tokio::time::timeout(CHECK_TIMEOUT, backlog).await {
        Ok(Ok(backlog)) if backlog.lag_ms > MAIL_LAG_MS => {
            wrong(name, Status::Degraded, "emails have been waiting for more than 5 minutes")
        }
        Ok(Ok(_)) => well(name),
        Ok(Err(_)) | Err(_) => {
            wrong(name, Status::Degraded, "Postgres does not respond about waiting emails")
        }
    })
}

fn worst(checks: &[HealthCheck]) -> Status {
    let rank = |status| match status {
        Status::Ok => 0,
        Status::Degraded => 1,
        Status::Down => 2,
    };
    checks.iter().map(|check| check.status).max_by_key(|status| rank(*status)).unwrap_or(Status::Ok)
}

fn well(name: &str) -> HealthCheck {
    HealthCheck { name: name.to_owned(), status: Status::Ok, detail: String::new() }
}

fn wrong(name: &str, status: Status, detail: &str) -> HealthCheck {
    HealthCheck { name: name.to_owned(), status, detail: detail.to_owned() }
}
