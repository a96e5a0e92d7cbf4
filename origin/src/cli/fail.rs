//! How a command fails: what, why, how to mend it, and the exit code.

use std::fmt;
use std::process::ExitCode;

use crate::backup::BackupError;
use crate::config::Mistakes;
use crate::store::StoreError;

/// Documented exit codes. 2 is the argument parser's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Anything without a number of its own.
    Failed = 1,
    /// A picture is asked for, which is for people.
    Picture = 3,
    /// Postgres is away or has no schema.
    Database = 4,
    /// No such site, or not in a state for this.
    Site = 5,
    /// The environment has mistakes.
    Environment = 6,
    /// A file or a database is not fit for a backup.
    Backup = 7,
    /// A page uses no vendor that is known.
    NoVendor = 8,
    /// A model is not precise enough, or cannot be measured.
    Model = 9,
    /// The edge does not answer.
    EdgeAway = 10,
    /// No challenge.
    Challenge = 11,
    /// The solution was refused.
    Solution = 12,
    /// A fresh token was refused.
    Siteverify = 13,
    /// A spent token was not refused.
    SpentTwice = 14,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure, in words for whoever typed the command.
#[derive(Debug)]
pub struct Fail {
    /// The exit code.
    pub exit: Exit,
    what: String,
    why: String,
    mend: Option<String>,
}

impl Fail {
    /// What failed and why.
    pub fn new(exit: Exit, what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { exit, what: what.into(), why: why.to_string(), mend: None }
    }

    /// How to mend it.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "munjigi: {}\n  why:  {}", self.what, self.why)?;
        if let Some(mend) = &self.mend {
            write!(f, "\n  mend: {mend}")?;
        }
        Ok(())
    }
}

impl From<Mistakes> for Fail {
    fn from(mistakes: Mistakes) -> Self {
        Self::new(Exit::Environment, "cannot start like this", mistakes)
    }
}

impl From<BackupError> for Fail {
    fn from(error: BackupError) -> Self {
        let (exit, mend) = match error {
            BackupError::Store(error) => return error.into(),
            BackupError::File(_) => (Exit::Backup, "name another place, or make room there"),
            BackupError::Exists => (Exit::Backup, "name a file that is not there"),
            BackupError::Foreign => (Exit::Backup, "name a file that `munjigi backup` wrote"),
            BackupError::Truncated | BackupError::Corrupt(_) => {
                (Exit::Backup, "copy the file again, or take another backup")
            }
            BackupError::Newer(_) => {
                (Exit::Backup, "restore it with the version that wrote it, or a later one")
            }
            BackupError::NotEmpty => {
                (Exit::Backup, "make a new database and name it in MUNJIGI_DATABASE_URL")
            }
            BackupError::Differs(_) => (
                Exit::Failed,
                "no row was kept; drop the database, make it anew, and report this with its text",
            ),
        };
        Self::new(exit, error.code(), error).mend(mend)
    }
}

impl From<StoreError> for Fail {
    fn from(error: StoreError) -> Self {
        let (exit, mend) = match &error {
            StoreError::Unavailable(_) => {
                (Exit::Database, "start Postgres, or correct MUNJIGI_DATABASE_URL")
            }
            StoreError::NotMigrated(_) => {
                (Exit::Database, "run `munjigi migrate`, then this again")
            }
            StoreError::Conflict(_) => (Exit::Failed, "run this again"),
            StoreError::Migration(_) => (
                Exit::Failed,
                "the database may belong to another version; see the documents on upgrading",
            ),
            StoreError::Inconsistent { .. } | StoreError::Refused(_) => {
                (Exit::Failed, "this is a fault of Munjigi's; please report it with this text")
            }
        };
        Self::new(exit, "the database did not do it", error).mend(mend)
    }
}
