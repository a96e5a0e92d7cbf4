//! What Redis does beside Postgres, if there is one: it caches rows that every
//! page reads, counts attempts, and turns away latecomers for a lock. Each use
//! is a trait named after the need, with one adapter that needs only Postgres
//! and one that asks Redis first; one contract suite covers both. Nothing lives
//! only in Redis, and nothing waits for it.

mod limits;
mod link;
mod locks;
mod recent;
mod sessions;
mod sites;

use std::sync::Arc;
use std::time::Duration;

use munjigi_domain::accounts::{LimitKey, Vault};
use munjigi_domain::entropy::Entropy;
use munjigi_process::stop::Stop;
use munjigi_store::Notices;
use munjigi_store::sessions::Ended;
use recent::{Blind, Recent};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::App;

pub use limits::Limits;
pub use link::{Away, Redis};
pub use locks::{Locks, take_within};
pub use recent::Lingering;
pub use sessions::Sessions;
pub use sites::Sites;

/// Interval between checks that changes of sites are being listened to.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Cache {
    pub sessions: Arc<dyn Sessions>,
    pub sites: Arc<dyn Sites>,
    /// Counts attempts.
    pub limits: Arc<dyn Limits>,
    pub locks: Arc<dyn Locks>,
    /// The server, if there is one.
    pub redis: Option<Redis>,
}

impl Cache {
    /// Uses Postgres for everything.
    pub fn of_postgres(pool: &PgPool, key: LimitKey) -> Self {
        Self {
            sessions: Arc::new(sessions::Stored(pool.clone())),
            sites: Arc::new(sites::Stored(pool.clone())),
            limits: Arc::new(limits::Stored { pool: pool.clone(), key }),
            locks: Arc::new(locks::Stored(pool.clone())),
            redis: None,
        }
    }

    /// Asks Redis first. Copies are stored only if there is a vault to seal
    /// them, which is the case if there are pages that read them.
    pub fn of_redis(
        redis: &Redis,
        pool: &PgPool,
        key: LimitKey,
        vault: Option<&Vault>,
        entropy: &Entropy,
    ) -> Self {
        let stored = limits::Stored { pool: pool.clone(), key: key.clone() };
        let limits = limits::Counted { redis: redis.clone(), stored };
        let locks = locks::Guarded { redis: redis.clone(), stored: locks::Stored(pool.clone()) };
        let without = Self {
            limits: Arc::new(limits),
            locks: Arc::new(locks),
            redis: Some(redis.clone()),
            ..Self::of_postgres(pool, key)
        };
        let Some(vault) = vault else { return without };
        let recent = |kind, lifetime| Recent {
            redis: redis.clone(),
            vault: vault.clone(),
            entropy: entropy.clone(),
            kind,
            lifetime,
            blind: Blind::default(),
        };
        Self {
            sessions: Arc::new(sessions::Copied {
                recent: recent("session", sessions::LIFETIME),
                stored: sessions::Stored(pool.clone()),
            }),
            sites: Arc::new(sites::Copied {
                recent: recent("site", sites::LIFETIME),
                stored: sites::Stored(pool.clone()),
            }),
            ..without
        }
    }
}

impl Cache {
    /// Announces ended sessions where no response depends on whether copies of
    /// them remain.
    pub async fn tell_ended(&self, ended: &Ended) {
        if let Err(error) = self.sessions.changed(&ended.0).await {
            tracing::warn!(%error, "sessions ended");
        }
    }
}

/// The precision of times in Postgres.
fn to_micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

/// Drops cached sites when anyone changes them: another origin, a command.
pub async fn drop_copies(app: Arc<App>, mut stop: Stop) {
    if app.cache.redis.is_none() {
        return;
    }
    let mut notices = Notices::of(app.sessions().clone(), "site_changed");
    while !stop.is_asked() {
        notices.began().await;
        tokio::select! {
            () = stop.asked() => {}
            changed = notices.next() => {
                if let Some(sitekey) = changed {
                    // Without this, cached sites expire within seconds by
                    // themselves.
                    let _ = app.cache.sites.changed(&sitekey).await;
                }
            }
            // Checks whether it is listening.
            () = tokio::time::sleep(LISTEN_AGAIN) => {}
        }
    }
}
