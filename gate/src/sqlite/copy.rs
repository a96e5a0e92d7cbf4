//! Copies of the file: one that is made while a gate uses it, and one that
//! takes its place.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use munjigi_backup::{stamp, sync_folder};
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use rusqlite::{Connection, OpenFlags};

use super::beside::{beside, give_to_owner, open};
use super::{OpenError, begin_generation, lock, schema};

/// How long a copy waits for a gate that is just creating the file.
const WAIT: Duration = Duration::from_secs(5);

/// Why a copy was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store, or a copy of it.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Another copy is being made.
    #[error("{path} is in use: another backup is running")]
    Busy { path: String },
    /// A file beside the store.
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    /// Something else than a store.
    #[error("what is in the backup is no store of a gate")]
    NoStore,
    /// A store whose pages do not fit together.
    #[error("the store in the backup is damaged: {0}")]
    Damaged(String),
}

/// A copy beside the store, which goes with it.
pub struct Copy {
    path: PathBuf,
    /// Locked, so that two do not write the same.
    _file: File,
}

impl Copy {
    /// An empty one for `store`, readable by this user alone. One that a killed
    /// process left is emptied.
    pub fn beside(store: &Path) -> Result<Self, CopyError> {
        let path = beside(store, ".copy");
        let failed = |source| CopyError::File { path: path.display().to_string(), source };
        let file = open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CopyError::Busy { path: path.display().to_string() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        Ok(Self { path, _file: file })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the store as it is at one moment, without unused space. Calls go
    /// on meanwhile.
    pub fn take(&self, store: &Path) -> Result<(), CopyError> {
        let copy = || {
            let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(WAIT)?;
            connection.execute("VACUUM INTO ?1", [self.path.to_string_lossy()]).map(drop)
        };
        copy().map_err(|source| refused(store, source))
    }

    /// Puts it in the place of the store, which no gate may have open, and
    /// begins a generation. Returns where what was there is now, if there was
    /// anything.
    pub fn put_in_place(self, store: &Path, clock: &Clock) -> Result<Option<PathBuf>, CopyError> {
        self.check()?;
        let held = lock::lock(store)?;
        let failed =
            |path: &Path, source| CopyError::File { path: path.display().to_string(), source };
        let aside = beside(store, &format!(".before-{}", stamp(clock.now())));
        let was_there = store.exists();
        for end in ["-wal", "-shm", ""] {
            let (from, to) = (beside(store, end), beside(&aside, end));
            if from.exists() {
                fs::rename(&from, &to).map_err(|source| failed(&from, source))?;
            }
        }
        fs::rename(&self.path, store).map_err(|source| failed(store, source))?;
        give_to_owner(store);
        sync_folder(store).map_err(|source| failed(store, source))?;
        drop(held);
        begin_generation(store, clock)?;
        Ok(was_there.then_some(aside))
    }

    /// Whether it is a whole store that this release knows.
    fn check(&self) -> Result<(), CopyError> {
        let look = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            let words = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'prices'";
            let is_store = connection.query_row(sql, [], |row| row.get::<_, u32>(0))? == 1;
            Ok::<_, rusqlite::Error>((connection, is_store, words))
        };
        let (connection, is_store, words): (_, _, String) = match look() {
            Ok(found) => found,
            Err(source) => {
                return Err(match source.sqlite_error_code() {
                    Some(rusqlite::ErrorCode::NotADatabase) => CopyError::NoStore,
                    Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                        CopyError::Damaged(source.to_string())
                    }
                    _ => refused(&self.path, source),
                });
            }
        };
        if words != "ok" {
            return Err(CopyError::Damaged(words));
        }
        if !is_store {
            return Err(CopyError::NoStore);
        }
        schema::check_version(&connection, &self.path)?;
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It may have become the store.
        let _ = fs::remove_file(&self.path);
    }
}

/// Notes beside the store that it was backed up.
pub fn note_backup(store: &Path, at: UnixMillis) -> io::Result<()> {
    let mut file = open(&beside(store, ".backup"))?;
    file.set_len(0)?;
    writeln!(file, "{}", at.0)
}

/// When the store was last backed up; `None`: never.
pub fn last_backup(store: &Path) -> Option<UnixMillis> {
    let text = fs::read_to_string(beside(store, ".backup")).ok()?;
    text.trim_end().parse().ok().map(UnixMillis)
}

fn refused(path: &Path, source: rusqlite::Error) -> CopyError {
    OpenError::Refused { path: path.display().to_string(), source }.into()
}
