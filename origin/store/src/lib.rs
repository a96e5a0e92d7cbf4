//! Postgres: every query of the origin, one file per table or concern. What the
//! rows mean is decided by the callers.
#![expect(missing_docs, reason = "only the origin's own crates use this library")]

pub mod accounts;
pub mod anomalies;
pub mod api_keys;
pub mod api_sessions;
pub mod audit;
pub mod breakdowns;
mod columns;
pub mod counts;
pub mod deliveries;
pub mod dry_run;
pub mod erasure;
mod error;
pub mod events;
pub mod factors;
pub mod housekeeping;
pub mod idempotency;
pub mod limits;
pub mod lists;
pub mod locks;
pub mod mails;
pub mod nonces;
mod notices;
pub mod organisations;
pub mod outcomes;
pub mod passkeys;
pub mod personal_data;
pub mod photos;
pub mod pictures;
pub mod prices;
pub mod privacy;
pub mod publications;
pub mod replica;
pub mod rollups;
pub mod secrets;
pub mod sessions;
pub mod sites;
pub mod statistics;
mod transaction;
pub mod vendor_keys;
pub mod webhooks;

use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;

pub use error::StoreError;
pub use notices::Notices;
pub use transaction::{Unit, transact};

/// The schema, in the order of the files in `origin/store/migrations`.
pub static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// How long a caller waits for a connection before it gets `unavailable`.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How to connect to Postgres.
#[derive(Clone)]
pub struct Database {
    /// `postgres://…`.
    pub url: sqlx::postgres::PgConnectOptions,
    /// Maximum number of open connections.
    pub connections: u32,
}

/// Not derived, because `PgConnectOptions` prints its password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// A pool that connects when it is first used, so that the origin can start
/// while Postgres is down.
pub fn pool(database: &Database) -> PgPool {
    let options = database
        .url
        .clone()
        .application_name("munjigi")
        // Roll-ups rely on transactions ending within a minute (`rollup_hours`).
        .options([
            ("statement_timeout", "50s"),
            ("idle_in_transaction_session_timeout", "50s"),
            ("timezone", "UTC"),
        ]);
    PgPoolOptions::new()
        .max_connections(database.connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options)
}

/// Applies missing migrations. Several origins may do so at once: an advisory
/// lock admits one at a time.
pub async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    MIGRATOR.run(pool).await.map_err(StoreError::from)
}

/// Whether Postgres answers.
pub async fn ping(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query_scalar!("SELECT 1").fetch_one(pool).await?;
    Ok(())
}

/// Versions of the applied migrations; empty before the first.
pub async fn applied(pool: &PgPool) -> Result<Vec<i64>, StoreError> {
    // Not checked at compile time: the table is the migrator's, not ours.
    let versions = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(pool)
        .await
        .map_err(StoreError::from);
    match versions {
        Err(StoreError::NotMigrated(_)) => Ok(Vec::new()),
        versions => versions,
    }
}

#[cfg(test)]
mod tests;
