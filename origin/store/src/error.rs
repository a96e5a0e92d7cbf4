//! What can go wrong between the origin and Postgres.

use sqlx::migrate::MigrateError;

/// Why the store did not do it. The operator reads these; callers outside
/// hear `unavailable`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres is away, restarting, or has no connection left. Try again.
    #[error("Postgres does not respond: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction was in the way. Tried again by `transact`.
    #[error("two transactions conflicted: {0}")]
    Conflict(#[source] sqlx::Error),
    /// The schema is older than this program.
    #[error("the database lacks tables of this version: run `munjigi migrate`: {0}")]
    NotMigrated(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated: {0}")]
    Migration(#[source] MigrateError),
    /// A row contradicts what this program writes.
    #[error("the row {row} of {table} has an impossible {column}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// Anything else that Postgres refused: ours to mend.
    #[error("Postgres refused: {0}")]
    Refused(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // serialization_failure, deadlock_detected
                Some("40001" | "40P01") => Self::Conflict(error),
                // lock_not_available: whoever asked not to wait comes back later.
                Some("55P03") => Self::Unavailable(error),
                // undefined_table, undefined_column, undefined_function
                Some("42P01" | "42703" | "42883") => Self::NotMigrated(error),
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

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => match Self::from(error) {
                Self::Refused(error) | Self::NotMigrated(error) => {
                    Self::Migration(MigrateError::Execute(error))
                }
                other => other,
            },
            other => Self::Migration(other),
        }
    }
}

impl StoreError {
    /// Whether waiting may help.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Conflict(_) | Self::NotMigrated(_) => true,
            Self::Migration(_) | Self::Inconsistent { .. } | Self::Refused(_) => false,
        }
    }
}
