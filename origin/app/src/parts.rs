//! What an origin is built from: by the server as it is configured, by tests as
//! they need it.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use munjigi_captcha::KeyCheck;
use munjigi_delivery::edge::EdgeClient;
use munjigi_delivery::mail::Sender;
use munjigi_delivery::notifications::Hooks;
use munjigi_domain::accounts::LimitKey;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::signature::AudienceKeys;
use munjigi_pictures::gpu::Gpu;
use munjigi_pictures::policy::Policy;
use munjigi_pictures::{Factory, Pictures};
use munjigi_process::clock::Clock;
use munjigi_store::replica::Reads;
use sqlx::PgPool;

use crate::App;
use crate::admission::Admission;
use crate::cache::{Cache, Redis};
use crate::components::Board;
use crate::console::Console;
use crate::health::Readiness;
use crate::settings::Retention;

#[derive(Debug)]
pub struct Parts {
    pub pool: PgPool,
    /// Sessions with Postgres itself, where `pool` is a pooler's.
    pub direct: Option<PgPool>,
    /// A replica of Postgres, if there is one.
    pub replica: Option<PgPool>,
    /// Postgres, for the factory.
    pub factory_pool: PgPool,
    pub clock: Clock,
    pub entropy: Entropy,
    /// Verifies calls that the edge signs.
    pub calls: AudienceKeys,
    /// Marks keys as ours.
    pub check: KeyCheck,
    pub edge: EdgeClient,
    /// Draws pictures, if there is one.
    pub gpu: Option<Gpu>,
    /// What operators chose about pictures.
    pub pictures: Pictures,
    pub console: Option<Console>,
    /// Sends emails, if they are sent.
    pub mail: Option<Sender>,
    pub redis: Option<Redis>,
    /// Posts to webhooks.
    pub hooks: Hooks,
    /// Size of the pool.
    pub connections: u32,
}

impl Parts {
    /// Connects to nothing yet.
    pub fn build(
        self,
        retention: Retention,
        metrics: PrometheusHandle,
    ) -> (Arc<App>, Option<Arc<Console>>) {
        let vault = self.console.as_ref().map(|console| &console.vault);
        let key = self.console.as_ref().map_or_else(
            || LimitKey::draw(&self.entropy),
            |console| LimitKey::of(&console.config.keys),
        );
        let cache = match &self.redis {
            None => Cache::of_postgres(&self.pool, key),
            Some(redis) => Cache::of_redis(redis, &self.pool, key, vault, &self.entropy),
        };
        let factory = Factory {
            pool: self.factory_pool,
            edge: self.edge.clone(),
            gpu: self.gpu,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            config: Arc::new(self.pictures),
            policy: Arc::new(Policy::of_this_release()),
        };
        let app = App {
            reads: Reads::new(self.pool.clone(), self.replica),
            pool: self.pool,
            direct: self.direct,
            cache,
            clock: self.clock,
            entropy: self.entropy,
            calls: self.calls,
            check: self.check,
            edge: self.edge,
            factory,
            mail: self.mail,
            hooks: self.hooks,
            retention,
            readiness: Readiness::default(),
            board: Board::default(),
            admission: Admission::new(self.connections),
            metrics,
        };
        (Arc::new(app), self.console.map(Arc::new))
    }
}
