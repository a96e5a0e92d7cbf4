//! How a command fails: what, why, how to fix it, and the exit code.

use std::fmt;
use std::process::ExitCode;

use munjigi_backup::SealError;
use munjigi_store::DatabaseError;

use crate::backup::BackupError;
use crate::config::Mistakes;

/// Documented exit codes. 2 is used by the argument parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Anything without a code of its own.
    Failed = 1,
    /// A picture is required, which only people can answer.
    Picture = 3,
    /// Postgres is down or has no schema.
    Database = 4,
    /// No such site, or not in a state for this.
    Site = 5,
    Environment = 6,
    /// A file or database is not suitable for a backup.
    Backup = 7,
    /// A page uses no known vendor.
    NoVendor = 8,
    /// A model is not precise enough, or cannot be measured.
    Model = 9,
    /// The edge does not answer.
    EdgeAway = 10,
    /// No challenge was issued.
    Challenge = 11,
    Solution = 12,
    /// A fresh token was refused.
    Siteverify = 13,
    /// A spent token was not refused.
    SpentTwice = 14,
    /// The edge refused some outcomes.
    Outcomes = 15,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure, in words for the person who typed the command.
#[derive(Debug)]
pub struct Fail {
    pub exit: Exit,
    what: String,
    why: String,
    fix: Option<String>,
}

impl Fail {
    pub fn new(exit: Exit, what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { exit, what: what.into(), why: why.to_string(), fix: None }
    }

    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "munjigi: {}\n  cause: {}", self.what, self.why)?;
        if let Some(fix) = &self.fix {
            write!(f, "\n  fix:   {fix}")?;
        }
        Ok(())
    }
}

impl From<Mistakes> for Fail {
    fn from(mistakes: Mistakes) -> Self {
        Self::new(Exit::Environment, "invalid environment", mistakes)
    }
}

impl From<BackupError> for Fail {
    fn from(error: BackupError) -> Self {
        let (exit, fix) = match error {
            BackupError::Store(error) => return error.into(),
            BackupError::File(_) => (Exit::Backup, "choose another path"),
            BackupError::Full(_) => (Exit::Backup, "free some space there, or choose another path"),
            BackupError::Sealed => {
                (Exit::Backup, "name the file of its secret key: --identity FILE")
            }
            BackupError::Unsigned | BackupError::SignedByOthers => (
                Exit::Backup,
                "use another backup; if you know who wrote this one, --unsigned takes it",
            ),
            BackupError::NoSigningKeys => {
                (Exit::Backup, "set it; if you know who wrote the file, --unsigned takes it")
            }
            BackupError::Renamed(_) => (
                Exit::Backup,
                "use the backup of that day; if this is the one that you want, give it a name without a date",
            ),
            BackupError::Newest { ahead: "", .. } => (Exit::Backup, "give its name, or --newest"),
            BackupError::Newest { .. } => {
                (Exit::Backup, "find out who put it there, and give the name of the one you want")
            }
            BackupError::NotSealed => (
                Exit::Backup,
                "a backup from a bucket, or one with --identity, has to be encrypted",
            ),
            BackupError::Seal(SealError::WrongKey { .. } | SealError::NoIdentity { .. }) => {
                (Exit::Backup, "name the file that `age-keygen` wrote when the key was made")
            }
            BackupError::Seal(_) => (Exit::Backup, "copy the file again, or use another backup"),
            BackupError::Bucket(ref error) => {
                let fix = error.remedy("s3:PutObject, s3:GetObject and s3:ListBucket", "");
                return Self::new(Exit::Backup, "backup-bucket", error).fix(fix);
            }
            BackupError::Exists => (Exit::Backup, "choose a file that does not exist"),
            BackupError::Foreign => (Exit::Backup, "choose a file that `munjigi backup` wrote"),
            BackupError::Truncated | BackupError::Corrupt(_) => {
                (Exit::Backup, "copy the file again, or use another backup")
            }
            BackupError::Newer(_) => {
                (Exit::Backup, "restore it with the version that wrote it, or a later one")
            }
            BackupError::NotEmpty => {
                (Exit::Backup, "create a new database and set MUNJIGI_DATABASE_URL to it")
            }
            BackupError::Changed(_) => (Exit::Failed, "it is tried again by itself"),
            BackupError::Differs(_) => (
                Exit::Failed,
                "no row was kept; drop the database, create it again, and report this error with its text",
            ),
        };
        Self::new(exit, error.code(), error).fix(fix)
    }
}

impl From<DatabaseError> for Fail {
    fn from(error: DatabaseError) -> Self {
        let (exit, fix) = match &error {
            DatabaseError::Unavailable(_) => {
                (Exit::Database, "start Postgres, or correct MUNJIGI_DATABASE_URL")
            }
            DatabaseError::NotMigrated(_) => (Exit::Database, "run `munjigi migrate`, then retry"),
            DatabaseError::Conflict(_) => (Exit::Failed, "retry"),
            DatabaseError::Migration(_) => (
                Exit::Failed,
                "the database may belong to another version; see the documentation on upgrades",
            ),
            DatabaseError::Unreleased(_) => {
                (Exit::Failed, "create a new database and set MUNJIGI_DATABASE_URL to it")
            }
            DatabaseError::NoSession => {
                (Exit::Database, "set MUNJIGI_DATABASE_DIRECT_URL to Postgres itself")
            }
            DatabaseError::Login(_) => (
                Exit::Database,
                "correct the user, password and database of MUNJIGI_DATABASE_URL, or pg_hba.conf",
            ),
            DatabaseError::NotOwner(_) => {
                (Exit::Database, "use the URL of the owner of the schema for this command")
            }
            DatabaseError::NoRole(_) => (Exit::Database, "create the role, or correct its name"),
            DatabaseError::Unlimited { .. } => (
                Exit::Database,
                "set them for the role that the pooler uses; see the documentation on poolers",
            ),
            DatabaseError::Inconsistent { .. } | DatabaseError::Refused(_) => {
                (Exit::Failed, "this is a bug in Munjigi; please report it with this text")
            }
        };
        Self::new(exit, "the database operation failed", error).fix(fix)
    }
}
