//! What the console and the API share: their state, authentication, rate
//! limits, and the status of the components; and what every origin does, with
//! pages or without: it takes what the edge reports, and runs the jobs. Pages and
//! routes are in crates of their own, neither of which knows the other.

pub mod admission;
pub mod authentication;
pub mod cache;
pub mod client;
pub mod components;
pub mod console;
pub mod documents;
pub mod edge_away;
pub mod emails;
pub mod health;
pub mod http;
pub mod invite;
pub mod jobs;
pub mod later;
pub mod live_pages;
pub mod moving;
pub mod new_key;
mod parts;
pub mod refused;
pub mod request_id;
pub mod settings;
pub mod signed;
pub mod sites;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_captcha::KeyCheck;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::mail::Sender;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::signature::AudienceKeys;
use munjigi_pictures::Factory;
use munjigi_process::clock::Clock;
use munjigi_store::replica::Reads;
use sqlx::PgPool;

use admission::Admission;
use authentication::Authentication;
use cache::Cache;
use components::Board;
use console::Console;
use health::Readiness;
use settings::Retention;

pub use parts::Parts;
pub use refused::Refused;

#[derive(Debug)]
pub struct App {
    /// Postgres, or a pooler before it.
    pub pool: PgPool,
    /// Sessions with Postgres itself, where `pool` is a pooler's.
    pub direct: Option<PgPool>,
    /// Where numbers are read: a copy of it, where there is one.
    pub reads: Reads,
    /// What Redis does beside it.
    pub cache: Cache,
    /// Tells the time.
    pub clock: Clock,
    /// For request ids.
    pub entropy: Entropy,
    /// Of calls that the edge signs.
    pub calls: AudienceKeys,
    /// Marks keys as ours.
    pub check: KeyCheck,
    pub edge: EdgeClient,
    /// Makes pictures.
    pub factory: Factory,
    /// Sends emails; `None` where none are sent.
    pub mail: Option<Sender>,
    /// Posts to webhooks.
    pub hooks: Hooks,
    pub retention: Retention,
    /// What is known of the components that the origin depends on.
    pub readiness: Readiness,
    /// How the components were at the last check.
    pub board: Board,
    /// How much is taken on at once.
    pub admission: Admission,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

impl App {
    /// Connections that stay sessions.
    pub fn sessions(&self) -> &PgPool {
        self.direct.as_ref().unwrap_or(&self.pool)
    }
}

/// What the pages and the API of an origin with a console need.
#[derive(Debug, Clone)]
pub struct ConsoleApp {
    pub app: Arc<App>,
    pub console: Arc<Console>,
}

impl ConsoleApp {
    /// Checks who a caller is, now.
    pub fn authentication(&self) -> Authentication<'_> {
        Authentication {
            pool: &self.pool,
            limits: self.cache.limits.as_ref(),
            vault: &self.console.vault,
            passwords: &self.console.passwords,
            now: self.clock.now(),
        }
    }
}

impl Deref for ConsoleApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl FromRef<ConsoleApp> for Arc<App> {
    fn from_ref(console: &ConsoleApp) -> Self {
        Self::clone(&console.app)
    }
}
