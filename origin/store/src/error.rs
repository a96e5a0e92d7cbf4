//! What can go wrong between the origin and Postgres.

use sqlx::migrate::MigrateError;

use crate::MIGRATOR;

/// Why the store failed. Operators read these; external callers get
/// `unavailable`.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Postgres is down, restarting, or out of connections. Retry.
    #[error("Postgres does not respond: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction conflicted. `transact` retries.
    #[error("two transactions conflicted: {0}")]
    Conflict(#[source] sqlx::Error),
    /// The schema is older than this program.
    #[error("the database lacks tables of this version: run `munjigi migrate`: {0}")]
    NotMigrated(#[source] sqlx::Error),
    #[error("the schema could not be migrated: {0}")]
    Migration(#[source] MigrateError),
    /// A development version made the schema, before the first migration of the
    /// first release.
    #[error(
        "a development version before 0.1.0 made this database (it has migration {0}): create a new one"
    )]
    Unreleased(i64),
    /// A connection pooler answers where a session with Postgres is necessary.
    #[error(
        "a connection pooler answers in Postgres' place: set MUNJIGI_DATABASE_DIRECT_URL to Postgres itself, and MUNJIGI_DATABASE_URL to the pooler"
    )]
    NoSession,
    /// A pooler's connections could run for ever.
    #[error(
        "the pooler's connections to Postgres lack statement_timeout and idle_in_transaction_session_timeout of at most 50 s, or the time zone UTC: run ALTER ROLE {role} IN DATABASE {database} SET … for each, then RECONNECT on the pooler's console"
    )]
    Unlimited {
        /// Quoted for SQL, as is `database`.
        role: String,
        database: String,
    },
    /// No such user or database, a wrong password, or a rule of `pg_hba.conf`.
    #[error("Postgres refused the login: {0}")]
    Login(#[source] sqlx::Error),
    /// The role owns nothing, and this needs the owner of the schema.
    #[error(
        "this role may not do that: run `munjigi migrate --serving ROLE` as the owner of the schema: {0}"
    )]
    NotOwner(#[source] sqlx::Error),
    /// There is no such role, or it is the one that asks.
    #[error("there is no other role {0:?}: CREATE ROLE … LOGIN PASSWORD '…' creates it")]
    NoRole(String),
    /// A row contradicts what this program writes.
    #[error("the row {row} of {table} has an impossible {column}")]
    Inconsistent {
        table: &'static str,
        column: &'static str,
        /// The key of the row.
        row: String,
    },
    /// Anything else that Postgres refused: a bug of ours.
    #[error("Postgres refused: {0}")]
    Refused(#[source] sqlx::Error),
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // serialization_failure, deadlock_detected
                Some("40001" | "40P01") => Self::Conflict(error),
                // lock_not_available: a caller that chose not to wait retries
                // later.
                Some("55P03") => Self::Unavailable(error),
                // undefined_table, undefined_column, undefined_function
                Some("42P01" | "42703" | "42883") => Self::NotMigrated(error),
                // invalid_authorization_specification, invalid_password,
                // invalid_catalog_name
                Some("28000" | "28P01" | "3D000") => Self::Login(error),
                // insufficient_privilege
                Some("42501") => Self::NotOwner(error),
                Some("08P01") if database.message().contains("startup parameter") => {
                    Self::NoSession
                }
                // Connection, shutdown and start-up, too many connections.
                Some(code)
                    if code.starts_with("08") || code.starts_with("57P") || code == "53300" =>
                {
                    Self::Unavailable(error)
                }
                _ => Self::Refused(error),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Refused(error),
        }
    }
}

impl From<MigrateError> for DatabaseError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => match Self::from(error) {
                Self::Refused(error) | Self::NotMigrated(error) => {
                    Self::Migration(MigrateError::Execute(error))
                }
                other => other,
            },
            MigrateError::VersionMissing(version) if is_unreleased(version) => {
                Self::Unreleased(version)
            }
            other => Self::Migration(other),
        }
    }
}

fn is_unreleased(version: i64) -> bool {
    MIGRATOR.iter().next().is_some_and(|first| version < first.version)
}

impl DatabaseError {
    /// Whether a retry may succeed.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Conflict(_) | Self::NotMigrated(_) => true,
            Self::Migration(_)
            | Self::Unreleased(_)
            | Self::NoSession
            | Self::Unlimited { .. }
            | Self::Login(_)
            | Self::NotOwner(_)
            | Self::NoRole(_)
            | Self::Inconsistent { .. }
            | Self::Refused(_) => false,
        }
    }
}
