//! Why a backup was not written or not restored.

use std::io;

use munjigi_backup::SealError;
use munjigi_bucket::BucketError;
use munjigi_keys::UnixMillis;
use munjigi_store::DatabaseError;

/// Errors of a file are found before anything is written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A backup does not replace another.
    #[error("a file with this name already exists")]
    Exists,
    #[error("{0}")]
    File(io::Error),
    #[error("there is no space left: {0}")]
    Full(io::Error),
    /// Encrypted, and no key was given.
    #[error("the file is encrypted")]
    Sealed,
    /// No signature: an older release wrote it, one without MUNJIGI_CONSOLE_KEYS, or
    /// someone else.
    #[error("no one has signed the file: anyone could have written it")]
    Unsigned,
    /// Signed by a key that is not here.
    #[error(
        "no key in MUNJIGI_CONSOLE_KEYS has signed the file: another installation wrote it, or someone who wants to be taken for this one"
    )]
    SignedByOthers,
    /// There is nothing to verify a signature with.
    #[error("MUNJIGI_CONSOLE_KEYS is not set: it shows whether this installation wrote the file")]
    NoSigningKeys,
    /// The newest of a place; its name has to be given.
    #[error("the newest backup there is {name}{ahead}")]
    Newest {
        name: String,
        /// What is odd about its date.
        ahead: &'static str,
    },
    /// A true backup under the name of another.
    #[error("it was taken on {}, and its name has another date: someone has renamed it", .0.rfc3339())]
    Renamed(UnixMillis),
    /// Not encrypted, where it must be.
    #[error("the file is not encrypted")]
    NotSealed,
    /// Encrypting or decrypting failed.
    #[error(transparent)]
    Seal(SealError),
    /// A bucket that cannot be used.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// Another format, or a later version of ours.
    #[error("the file is not a Munjigi backup")]
    Foreign,
    #[error("the file is truncated: writing or copying it was interrupted")]
    Truncated,
    /// It was changed after it was written.
    #[error("the file is corrupt: {0}")]
    Corrupt(&'static str),
    /// Written by a later version of this program, or with other migrations.
    #[error("the backup has migration {0}, which this program does not know")]
    Newer(i64),
    /// The database contains tables already.
    #[error("the database is not empty")]
    NotEmpty,
    /// A day that was put away was not over yet; it stays, and is tried again.
    #[error("{0} changed while it was put away")]
    Changed(String),
    /// What was loaded differs from what was saved; nothing was kept.
    #[error("the restored table {0} differs from the saved one")]
    Differs(String),
    #[error(transparent)]
    Store(#[from] DatabaseError),
}

impl BackupError {
    /// Stable for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "backup-exists",
            Self::Full(_) => "backup-no-space",
            Self::Sealed => "backup-encrypted",
            Self::Unsigned | Self::SignedByOthers | Self::NoSigningKeys | Self::Renamed(_) => {
                "backup-unsigned"
            }
            Self::NotSealed => "backup-not-encrypted",
            Self::Newest { .. } => "backup-unnamed",
            Self::Seal(SealError::WrongKey { .. }) => "backup-wrong-key",
            Self::Seal(SealError::NoIdentity { .. }) => "backup-no-key",
            Self::File(_) | Self::Seal(SealError::File { .. } | SealError::Encrypt(_)) => {
                "backup-unreadable"
            }
            Self::Bucket(_) => "backup-bucket",
            Self::Foreign => "backup-foreign",
            // What does not begin as encrypted files do is not decrypted.
            Self::Truncated
            | Self::Seal(SealError::NotWhole { .. } | SealError::NotSealed { .. }) => {
                "backup-truncated"
            }
            Self::Corrupt(_) => "backup-corrupt",
            Self::Newer(_) => "backup-newer",
            Self::NotEmpty => "database-not-empty",
            Self::Changed(_) => "archive-changed",
            Self::Differs(_) => "backup-differs",
            Self::Store(_) => "database",
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(error),
            _ => Self::File(error),
        }
    }
}

impl From<SealError> for BackupError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Self::Full(source)
            }
            error => Self::Seal(error),
        }
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
