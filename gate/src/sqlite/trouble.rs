//! What is wrong with the file, in words that say what to do.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::ErrorCode;

/// Why the file takes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Its disk has no space left.
    Full,
    /// Its file system takes no writes, or fails.
    Unwritable,
    /// Its pages do not fit together. Only a start with another file ends it.
    Damaged,
    /// It has not answered for so many seconds.
    Silent(u64),
    /// Something else; SQLite's words.
    Other(String),
}

impl Trouble {
    /// What an error says about the file; `None`: nothing.
    pub fn of(error: &rusqlite::Error) -> Option<Self> {
        Some(match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                Self::Unwritable
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
            _ => Self::Other(error.to_string()),
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => {
                "the store's disk is full: siteverify accepts no tokens. Make room; the gate goes on by itself"
            }
            Self::Unwritable => {
                "the store's file system takes no writes: siteverify accepts no tokens. Check the disk and its mount; once it can be written, the gate goes on by itself"
            }
            Self::Damaged => {
                "the store's file is damaged: siteverify accepts no tokens. Stop the gate, put the last backup in its place with `munjigi-gate restore`, start it"
            }
            Self::Silent(seconds) => {
                return write!(
                    f,
                    "the store has not answered for {seconds} s: siteverify accepts no tokens. Its disk hangs: look at the system's log"
                );
            }
            Self::Other(words) => {
                return write!(f, "the store does not take writes: {words}");
            }
        })
    }
}

/// The present trouble. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Troubles(Arc<Mutex<Option<Trouble>>>);

impl Troubles {
    pub fn now(&self) -> Option<Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something failed. The log is told once.
    pub fn note(&self, error: &rusqlite::Error) {
        let Some(trouble) = Trouble::of(error) else {
            // Beside a trouble that is known, it follows from that.
            if self.now().is_none() {
                tracing::error!(%error, "the store did not take a call");
            }
            return;
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() == Some(&trouble) || *known == Some(Trouble::Damaged) {
            return;
        }
        tracing::error!(%error, "{trouble}");
        *known = Some(trouble);
    }

    /// The file took a write.
    pub fn wrote(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|trouble| *trouble != Trouble::Damaged) {
            tracing::info!("the store takes writes again");
            *known = None;
        }
    }
}
