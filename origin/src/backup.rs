//! Writes all our data in Postgres to one file and restores it: a consistent
//! snapshot, in a format of our own that works with any version of Postgres.
//! `file` defines the format, `dump` reads the database, `load` restores it,
//! `bucket` keeps it elsewhere.

pub mod bucket;
mod dump;
mod error;
mod file;
mod load;

#[cfg(test)]
mod tests;

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use munjigi_backup::{
    Recipient, Signature, Signer, Signing, SigningKeys, is_sealed, sealing, signature, sync_folder,
    unseal,
};
use munjigi_keys::{KeyRing, UnixMillis};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

pub use error::BackupError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When its snapshot was taken, in milliseconds since 1970.
    pub taken_at: u64,
    /// The version of this program that wrote it.
    pub program: String,
    pub versions: Vec<i64>,
    /// In the order in which they are loaded.
    pub tables: Vec<Table>,
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

/// The keys of an installation that sign its backups, derived from the console's
/// ring: no backup holds that.
pub fn signing_keys(console: &KeyRing) -> SigningKeys {
    SigningKeys::derive(console, b"munjigi/v1/origin-backup")
}

/// How a backup is protected.
#[derive(Debug, Clone, Copy, Default)]
pub struct Protection<'a> {
    /// Who can read it; everyone, if there are none.
    pub recipients: &'a [Recipient],
    /// What signs it, if anything.
    pub keys: Option<&'a SigningKeys>,
}

/// Writes a backup to a new file that only its owner may read. The file gets its
/// name once it is complete.
pub async fn write(
    pool: &PgPool,
    path: &Path,
    protection: Protection<'_>,
    now: UnixMillis,
) -> Result<Manifest, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists);
    }
    let half = half(path);
    // Left by a run that was interrupted.
    let _ = std::fs::remove_file(&half);
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half);
    let written = match opened {
        Ok(file) => write_into(pool, file, protection, now).await,
        Err(error) => Err(error.into()),
    };
    let manifest = written.inspect_err(|_| drop(std::fs::remove_file(&half)))?;
    std::fs::rename(&half, path)?;
    sync_folder(path)?;
    Ok(manifest)
}

async fn write_into(
    pool: &PgPool,
    file: File,
    Protection { recipients, keys }: Protection<'_>,
    now: UnixMillis,
) -> Result<Manifest, BackupError> {
    let file = BufWriter::new(file);
    if recipients.is_empty() {
        let (manifest, signing) = write_all(pool, Signing::new(file), now).await?;
        flush(signing.finish(keys, now)?)?;
        return Ok(manifest);
    }
    let signing = Signing::new(sealing(file, recipients)?);
    let (manifest, signing) = write_all(pool, signing, now).await?;
    flush(signing.finish(keys, now)?.finish()?)?;
    Ok(manifest)
}

async fn write_all<W: Write>(
    pool: &PgPool,
    out: W,
    now: UnixMillis,
) -> Result<(Manifest, W), BackupError> {
    let mut writer = file::Writer::new(out)?;
    let manifest = dump::into(pool, &mut writer, now).await?;
    let out = writer.finish(&manifest)?;
    Ok((manifest, out))
}

fn flush(mut file: BufWriter<File>) -> io::Result<()> {
    file.flush()?;
    file.get_ref().sync_all()
}

fn half(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// Those that these keys have signed.
    In(&'a SigningKeys),
    /// Anyone's.
    Anyone,
}

/// A backup that can be read: a copy of the file, or of what it holds if it is
/// encrypted, that no one else can reach. What was verified is what is restored,
/// whatever happens to the file meanwhile.
#[derive(Debug)]
pub struct Readable {
    file: File,
    signature: Signature,
}

impl Readable {
    /// Copies a file into the folder of temporary ones (`TMPDIR`), decrypts it by the
    /// keys of `identity` if it is encrypted, and verifies who signed it.
    pub fn open(
        path: &Path,
        identity: Option<&Path>,
        trust: Trust<'_>,
    ) -> Result<Self, BackupError> {
        let folder = env::temp_dir();
        // It has no name.
        let file = tempfile::tempfile_in(&folder)?;
        if is_sealed(path)? {
            let identity = identity.ok_or(BackupError::Sealed)?;
            unseal(path, identity, (&folder, &file))?;
        } else if identity.is_some() {
            return Err(BackupError::NotSealed);
        } else {
            io::copy(&mut File::open(path)?, &mut &file)?;
        }
        let keys = match trust {
            Trust::In(keys) => Some(keys),
            Trust::Anyone => None,
        };
        let signature = signature(&file, keys)?;
        match (trust, signature.signer) {
            (Trust::Anyone, _) | (_, Signer::Us(_)) => {}
            (_, Signer::Unknown) => return Err(BackupError::SignedByOthers),
            (_, Signer::None) => return Err(BackupError::Unsigned),
        }
        Ok(Self { file, signature })
    }

    /// When it was taken, if it is known who says so.
    pub fn taken_at(&self) -> Option<UnixMillis> {
        match self.signature.signer {
            Signer::Us(taken_at) => Some(taken_at),
            Signer::Unknown | Signer::None => None,
        }
    }

    /// Checks every byte: the format is ours, and the file is complete and
    /// unchanged.
    pub fn check(&self) -> Result<Manifest, BackupError> {
        file::check(&self.file, self.signature.contents)
    }

    /// Restores it into an empty database, then applies newer migrations.
    /// Nothing is written if it is damaged or the database is in use.
    pub async fn restore(&self, pool: &PgPool) -> Result<Manifest, BackupError> {
        let manifest = self.check()?;
        load::from(pool, (&self.file, self.signature.contents), &manifest).await?;
        Ok(manifest)
    }
}
