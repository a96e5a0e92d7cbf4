//! Pools of connections to Postgres, and what each connection is held to: by
//! its own start-up options, or behind a pooler by its role's settings.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

use super::DatabaseError;

/// The longest statement and the longest pause inside a transaction. Roll-ups
/// rely on transactions ending within a minute (`rollup_hours`).
const LIMIT: &str = "50s";
/// [`LIMIT`] as `pg_settings` shows it.
const LIMIT_MS: i32 = 50_000;

/// How to connect to Postgres.
#[derive(Clone)]
pub struct Database {
    /// `postgres://…` of Postgres itself.
    pub url: PgConnectOptions,
    /// `postgres://…` of a pooler in transaction mode before it, if there is
    /// one.
    pub pooler: Option<PgConnectOptions>,
    /// Maximum number of open connections.
    pub connections: u32,
    pub times: Times,
}

/// How long connections are waited for and kept.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a caller waits for a connection before it gets `unavailable`.
    pub wait: Duration,
    /// A connection older than this is replaced.
    pub lifetime: Duration,
    /// A connection unused for this long is closed.
    pub idle: Duration,
}

/// The defaults of the origin's variables.
impl Default for Times {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(3),
            lifetime: Duration::from_mins(30),
            idle: Duration::from_mins(10),
        }
    }
}

/// Not derived, because `PgConnectOptions` prints its password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("connections", &self.connections)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

/// A pool of sessions with Postgres itself. It connects when it is first used,
/// so that the origin can start while Postgres is down.
pub fn pool(database: &Database) -> PgPool {
    let options = database.url.clone().application_name("munjigi").options([
        ("statement_timeout", LIMIT),
        ("idle_in_transaction_session_timeout", LIMIT),
        ("timezone", "UTC"),
        // Missing where a pooler drops these options.
        ("munjigi.session", "on"),
    ]);
    sized(database).connect_lazy_with(options)
}

/// A pool of connections to the pooler, each of which has a session for one
/// transaction only; sessions with Postgres itself where there is no pooler.
pub fn pooled(database: &Database) -> PgPool {
    match &database.pooler {
        Some(url) => {
            // PgBouncer refuses this option, and Postgres 12 and later need none.
            let url = url.clone().application_name("munjigi").extra_float_digits(None);
            sized(database).connect_lazy_with(url)
        }
        None => pool(database),
    }
}

fn sized(database: &Database) -> PgPoolOptions {
    let Times { wait, lifetime, idle } = database.times;
    PgPoolOptions::new()
        .max_connections(database.connections)
        .acquire_timeout(wait)
        .max_lifetime(lifetime)
        .idle_timeout(idle)
}

/// Refuses a pool from [`pool`] whose URL leads to a pooler after all.
pub async fn require_session(pool: &PgPool) -> Result<(), DatabaseError> {
    // Not checked at compile time: the setting is the connection's.
    let ours: Option<String> =
        sqlx::query_scalar("SELECT current_setting('munjigi.session', true)")
            .fetch_one(pool)
            .await?;
    match ours.as_deref() {
        Some("on") => Ok(()),
        _ => Err(DatabaseError::NoSession),
    }
}

/// Makes the limits hold for connections of a pooler, which takes no start-up
/// options: they become settings of the role in this database, unless it has
/// such settings. Returns whether they are new; connections that are open keep
/// the old ones, so that idle ones are closed.
pub async fn limit_role(sessions: &PgPool) -> Result<bool, DatabaseError> {
    // None of these is checked at compile time: names are data here.
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (
            SELECT FROM pg_db_role_setting
            WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                AND setdatabase IN
                    (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                AND array_to_string(setconfig, ',') LIKE '%statement_timeout=%'
                AND array_to_string(setconfig, ',')
                    LIKE '%idle_in_transaction_session_timeout=%')",
    )
    .fetch_one(sessions)
    .await?;
    if known {
        return Ok(false);
    }
    for setting in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        let statement: String = sqlx::query_scalar(
            "SELECT format('ALTER ROLE %I IN DATABASE %I SET %I = %L',
                current_user, current_database(), $1, $2)",
        )
        .bind(setting)
        .bind(LIMIT)
        .fetch_one(sessions)
        .await?;
        sqlx::query(AssertSqlSafe(statement)).execute(sessions).await?;
    }
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = current_user AND datname = current_database()
            AND application_name = 'munjigi' AND state = 'idle' AND pid <> pg_backend_pid()",
    )
    .execute(sessions)
    .await?;
    Ok(true)
}

/// Refuses a pooler whose connections to Postgres lack the limits.
pub async fn require_limits(pooled: &PgPool) -> Result<(), DatabaseError> {
    // Not checked at compile time: the settings are the connection's.
    let (limited, role, database): (bool, String, String) = sqlx::query_as(
        "SELECT current_setting('TimeZone') = 'UTC' AND bool_and(setting::int BETWEEN 1 AND $1),
            quote_ident(current_user), quote_ident(current_database())
        FROM pg_settings
        WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')",
    )
    .bind(LIMIT_MS)
    .fetch_one(pooled)
    .await?;
    if limited { Ok(()) } else { Err(DatabaseError::Unlimited { role, database }) }
}
