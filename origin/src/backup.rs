//! Writes all our data in Postgres to one file and restores it: a consistent
//! snapshot, in a format of our own that works with any version of Postgres.
//! `file` defines the format, `dump` reads the database, `load` restores it.

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

/// What a backup contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When its snapshot was taken, in milliseconds since 1970.
    pub taken_at: u64,
    /// The version of this program that wrote it.
    pub program: String,
    /// The applied migrations.
    pub versions: Vec<i64>,
    /// In the order in which they are loaded.
    pub tables: Vec<Table>,
    /// The state of sequences.
    pub sequences: Vec<Sequence>,
}

/// A table in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    /// The partitioned table that it is a day of.
    pub parent: Option<String>,
    /// Its columns, in the order of the rows.
    pub columns: Vec<String>,
    /// Number of rows.
    pub rows: u64,
    /// SHA-256 of the rows, in hex.
    pub sha256: String,
}

/// A sequence in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub name: String,
    /// The last number that it issued.
    pub last: i64,
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Writes a backup to a new file that only its owner may read. The file gets
/// its name once it is complete.
pub async fn write(pool: &PgPool, path: &Path, now: UnixMillis) -> Result<Manifest, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists);
    }
    let half = half(path);
    // Left by a run that was interrupted.
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

/// Checks every byte of a backup: the format is ours, and the file is complete
/// and unchanged.
pub fn check(path: &Path) -> Result<Manifest, BackupError> {
    file::check(path)
}

/// Restores a backup into an empty database, then applies newer migrations.
/// Nothing is written if the backup is damaged or the database is in use.
pub async fn restore(pool: &PgPool, path: &Path) -> Result<Manifest, BackupError> {
    let manifest = check(path)?;
    load::from(pool, path, &manifest).await?;
    Ok(manifest)
}
