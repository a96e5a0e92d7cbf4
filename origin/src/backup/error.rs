//! Why a backup was not written or not brought back.

use std::io;

use munjigi_store::StoreError;

/// Why. What is said of a file is said before anything is written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A backup does not replace another.
    #[error("a file with this name already exists")]
    Exists,
    /// The disk.
    #[error("{0}")]
    File(#[from] io::Error),
    /// Something else, or of a later form.
    #[error("the file is not a Munjigi backup")]
    Foreign,
    /// Its end is missing.
    #[error("the file is truncated: writing or copying it was interrupted")]
    Truncated,
    /// It is not as it was written.
    #[error("the file is corrupt: {0}")]
    Corrupt(&'static str),
    /// Of a later version of this program, or of another history.
    #[error("the backup has migration {0}, which this program does not know")]
    Newer(i64),
    /// Somebody's tables are there.
    #[error("the database is not empty")]
    NotEmpty,
    /// What was loaded is not what was saved; nothing was kept of it.
    #[error("the restored table {0} differs from the saved one")]
    Differs(String),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    /// Stable for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "backup-exists",
            Self::File(_) => "backup-unreadable",
            Self::Foreign => "backup-foreign",
            Self::Truncated => "backup-truncated",
            Self::Corrupt(_) => "backup-corrupt",
            Self::Newer(_) => "backup-newer",
            Self::NotEmpty => "database-not-empty",
            Self::Differs(_) => "backup-differs",
            Self::Store(_) => "database",
        }
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
