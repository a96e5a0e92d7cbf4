//! The origin's HTTP: which route is answered where, and what every answer
//! carries. One file per endpoint; what endpoints share is `answer` (refusals
//! and headers), `signed` (calls of the edge), `admission`, and `invite` (of
//! page and API).

mod admission;
mod answer;
mod api;
mod client;
mod console;
mod counts;
mod emails;
mod events;
mod health;
mod home;
mod hops;
mod intake;
mod invite;
mod metrics;
mod new_key;
mod parts;
mod refused;
mod request_id;
mod signed;
mod version;
mod viewer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_captcha::KeyCheck;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::mail::Sender;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::signature::AudienceKeys;
use munjigi_pictures::Factory;
use munjigi_process::clock::Clock;
use munjigi_protocol::{Code, routes};
use munjigi_store::replica::Reads;
use sqlx::PgPool;

use crate::authentication::Authentication;
use crate::cache::Cache;
use crate::config::Retention;

pub use admission::Admission;
pub use console::Console;
pub use health::{Readiness, Schema};
pub use metrics::describe as describe_metrics;
pub use parts::{Board, PartName, watch as watch_parts};
pub use refused::Refused;

/// What the endpoints need.
#[derive(Debug)]
pub struct App {
    /// Postgres.
    pub pool: PgPool,
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
    /// The edge.
    pub edge: EdgeClient,
    /// Makes pictures.
    pub factory: Factory,
    /// Sends letters; `None` where none are sent.
    pub mail: Option<Sender>,
    /// Posts to webhooks.
    pub hooks: Hooks,
    /// What is kept.
    pub retention: Retention,
    /// What is known of the parts that the origin depends on.
    pub readiness: Readiness,
    /// How the parts were when last looked at.
    pub board: Board,
    /// How much is taken on at once.
    pub admission: Admission,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// The pages for people, where there are any.
    pub console: Option<Console>,
}

impl App {
    /// Ends the pages that are live, which would keep the origin from stopping.
    pub fn end_live_pages(&self) {
        if let Some(console) = &self.console {
            console.places.end();
        }
    }

    /// Waits for what answers did not wait for.
    pub async fn settled(&self) {
        if let Some(console) = &self.console {
            console.later.settled().await;
        }
    }

    /// Checks who somebody is, now.
    fn authentication(&self) -> Authentication<'_> {
        let console = self.console();
        Authentication {
            pool: &self.pool,
            limits: self.cache.limits.as_ref(),
            vault: &console.vault,
            passwords: &console.passwords,
            now: self.clock.now(),
        }
    }

    /// The pages' settings, for the code of pages, which are served only where
    /// there is a console.
    fn console(&self) -> &Console {
        self.console.as_ref().expect("pages are served where there is a console")
    }
}

/// What operators look at. It tells what runs where and how it is, and each
/// look asks every part: it is not for everybody.
pub fn operators(app: Arc<App>) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::handler))
        .fallback(async || Refused::new(Code::NotFound, "unknown path"))
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), answer::finish))
        .with_state(app)
}

async fn another_method() -> Refused {
    Refused::new(Code::MethodNotAllowed, "the path does not support this method")
}

/// Every page, with that of the API, which the console knows nothing of.
fn pages(app: &Arc<App>) -> console::Pages {
    console::pages(app).get("/api", console::Access::Anyone, viewer::show)
}

/// Every other route.
pub fn router(app: Arc<App>) -> Router {
    let pages = match app.console {
        Some(_) => pages(&app).into_router(),
        None => Router::new().route("/", get(home::handler)),
    };
    pages
        .merge(api::router(&app))
        .route("/health/live", get(health::live))
        .route(routes::VERSION.path, get(version::handler))
        .route(routes::EVENTS.path, post(events::handler))
        .route(routes::COUNTS.path, post(counts::handler))
        .fallback(console::nowhere)
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), answer::finish))
        .with_state(app)
}
