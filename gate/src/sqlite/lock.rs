//! One process per file: what a process remembers of it, another does not see.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::OpenError;
use super::beside::{beside, open};

/// A process that is just ending may take this long, in tries and their pause.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Locks a file beside `path` until it is dropped or the process ends. The file
/// itself has SQLite's own locks, which would go with any other handle to it.
pub fn lock(path: &Path) -> Result<File, OpenError> {
    let beside = beside(path, ".lock");
    let failed = |source| OpenError::Lock { path: beside.display().to_string(), source };
    let file = open(&beside).map_err(failed)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Err(OpenError::InUse { path: path.display().to_string() })
}
