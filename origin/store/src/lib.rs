//! Postgres: every query of the origin, one file per table or concern. What the
//! rows mean is decided by the callers.

pub mod accounts;
pub mod anomalies;
pub mod api_keys;
pub mod api_sessions;
pub mod archiving;
pub mod audit;
pub mod backups;
pub mod breakdowns;
mod columns;
mod connect;
pub mod counts;
pub mod deliveries;
pub mod dry_run;
pub mod erasure;
mod error;
pub mod events;
pub mod factors;
pub mod housekeeping;
pub mod idempotency;
pub mod jobs;
pub mod limits;
pub mod lists;
pub mod locks;
pub mod mails;
pub mod nonces;
mod notices;
pub mod opinions;
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
mod roles;
pub mod rollups;
pub mod secrets;
pub mod sessions;
pub mod sites;
pub mod statistics;
pub mod stops;
mod transaction;
pub mod vendor_keys;
pub mod webhooks;

use sqlx::PgPool;
use sqlx::migrate::Migrator;

pub use connect::{Database, Times, pool, pooled};
pub use error::DatabaseError;
pub use notices::Notices;
pub use roles::let_serve;
pub use transaction::{Unit, transact};

/// The schema, in the order of the files in `origin/store/migrations`.
pub static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Applies missing migrations from a session with Postgres itself, and readies
/// the role for a pooler, if there is one. Several origins may do so at once.
pub async fn prepare(sessions: &PgPool, pooled: Option<&PgPool>) -> Result<(), DatabaseError> {
    connect::require_session(sessions).await?;
    migrate(sessions).await?;
    let Some(pooled) = pooled else { return Ok(()) };
    if connect::limit_role(sessions).await? {
        tracing::info!("the limits of connections are settings of the role now, for the pooler");
    }
    connect::require_limits(pooled).await
}

/// Applies missing migrations. Several origins may do so at once: an advisory
/// lock of the session admits one at a time. Where none is missing, the role need
/// not be the owner.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    if is_current(pool).await? {
        return Ok(());
    }
    MIGRATOR.run(pool).await.map_err(DatabaseError::from)
}

/// Whether exactly this program's migrations are applied.
async fn is_current(pool: &PgPool) -> Result<bool, DatabaseError> {
    // Not checked at compile time: the table is the migrator's, not ours.
    let applied = sqlx::query_as::<_, (i64, Vec<u8>)>(
        "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(pool)
    .await
    .map_err(DatabaseError::from);
    let applied = match applied {
        Err(DatabaseError::NotMigrated(_)) => return Ok(false),
        applied => applied?,
    };
    let ours = MIGRATOR.iter().map(|migration| (migration.version, migration.checksum.as_ref()));
    Ok(ours.eq(applied.iter().map(|(version, checksum)| (*version, checksum.as_slice()))))
}

/// Whether Postgres answers.
pub async fn ping(pool: &PgPool) -> Result<(), DatabaseError> {
    sqlx::query_scalar!("SELECT 1").fetch_one(pool).await?;
    Ok(())
}

/// Versions of the applied migrations; empty before the first.
pub async fn applied(pool: &PgPool) -> Result<Vec<i64>, DatabaseError> {
    // Not checked at compile time: the table is the migrator's, not ours.
    let versions = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(pool)
        .await
        .map_err(DatabaseError::from);
    match versions {
        Err(DatabaseError::NotMigrated(_)) => Ok(Vec::new()),
        versions => versions,
    }
}

#[cfg(test)]
mod tests;
