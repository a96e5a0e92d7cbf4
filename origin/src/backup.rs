//! Everything that Postgres holds of ours, into one file and back: a snapshot
//! that is consistent, in a form of our own that any version of Postgres
//! writes and reads. What stands in the file is `file`'s, what is taken from
//! the database `dump`'s, how it comes back `load`'s.

mod dump;
mod error;
mod file;
mod load;

#[cfg(test)]
mod tests;

use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use munjigi_keys::UnixMillis;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

pub use error::BackupError;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When its snapshot was taken, in milliseconds since 1970.
    pub taken_at: u64,
    /// By which version of this program.
    pub program: String,
    /// The migrations that were applied.
    pub versions: Vec<i64>,
    /// In the order in which they are loaded.
    pub tables: Vec<Table>,
    /// Numbers that were given out.
    pub sequences: Vec<Sequence>,
}

/// A table in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The table that it is a day of.
    pub parent: Option<String>,
    /// Its columns, in the order of the rows.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of the rows, in digits.
    pub sha256: String,
}

/// A sequence in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// The last number that it gave out.
    pub last: i64,
}

impl Manifest {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Writes a backup to a file that is not there yet and that only its owner
/// may read. It has its name when it is whole.
pub async fn write(pool: &PgPool, path: &Path, now: UnixMillis) -> Result<Manifest, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists);
    }
    let half = half(path);
    // Left by one that was interrupted.
    let _ = std::fs::remove_file(&half);
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half);
    let written = match opened {
        Ok(file) => write_into(pool, file, now).await,
        Err(error) => Err(error.into()),
    };
    let manifest = written.inspect_err(|_| drop(std::fs::remove_file(&half)))?;
    std::fs::rename(&half, path)?;
    Ok(manifest)
}

async fn write_into(
    pool: &PgPool,
    file: std::fs::File,
    now: UnixMillis,
) -> Result<Manifest, BackupError> {
    let mut writer = file::Writer::new(BufWriter::new(file))?;
    let manifest = dump::into(pool, &mut writer, now).await?;
    let mut out = writer.finish(&manifest)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(manifest)
}

fn half(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Looks at every byte of a backup: it is ours, whole, and as it was written.
pub fn check(path: &Path) -> Result<Manifest, BackupError> {
    file::check(path)
}

/// Brings a backup back into an empty database, then the schema up to date.
/// Nothing is written where the backup is damaged or the database in use.
pub async fn restore(pool: &PgPool, path: &Path) -> Result<Manifest, BackupError> {
    let manifest = check(path)?;
    load::from(pool, path, &manifest).await?;
    Ok(manifest)
}
