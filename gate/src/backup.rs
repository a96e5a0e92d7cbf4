//! Backups of the store, encrypted to keys whose secret half is elsewhere.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::num::NonZero;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use munjigi_backup::{
    Recipient, SealError, Signer, SigningKeys, dated, prune, seal, signature, stamp, sync_folder,
    unseal,
};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_process::clock::Clock;

use crate::sqlite::{Copy, CopyError, beside, note_backup, open};

/// How names of dated backups begin and end.
const NAME: [&str; 2] = ["munjigi-", ".db.age"];

/// Why a backup was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// No one could read the backup.
    #[error(
        "backup_recipients names no key: make one with `age-keygen` where you would restore, keep its file there, and put its public key (age1…) into gate.toml"
    )]
    NoRecipients,
    /// Only a folder has older ones.
    #[error("{0}: --keep needs a folder, in which each backup has its date as its name")]
    NoFolder(String),
    /// The copy of the store.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    /// No key of this gate has signed it.
    #[error(
        "{0}: no key in root_keys has signed it. An older release wrote it, or another gate, or someone who knows the public key that backups are encrypted to and would bring sites and secrets of theirs. If you know who wrote it, --unsigned takes it"
    )]
    Unsigned(String),
    /// A true backup under the name of another.
    #[error("{path} was taken on {}, and its name has another date: someone has renamed it. If it is the one that you want, give it a name without a date", .taken_at.rfc3339())]
    Renamed {
        path: String,
        /// When it was taken.
        taken_at: UnixMillis,
    },
    /// Encrypting, or decrypting.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The keys that sign a gate's backups, derived from the ring that seals its
/// challenges: no backup holds that.
#[must_use]
pub fn signing_keys(root: &KeyRing) -> SigningKeys {
    SigningKeys::derive(root, b"munjigi/v1/gate-backup")
}

/// Writes a backup to a file, or with its date as its name into a folder, of
/// which `keep` then remain; that makes the folder too. Returns the file.
///
/// # Errors
///
/// See [`BackupError`]. What was at the path before is still there.
pub fn write(
    store: &Path,
    path: &Path,
    (recipients, keys): (&[Recipient], &SigningKeys),
    keep: Option<NonZero<usize>>,
    clock: &Clock,
) -> Result<PathBuf, BackupError> {
    if recipients.is_empty() {
        return Err(BackupError::NoRecipients);
    }
    if keep.is_some() && !path.exists() {
        DirBuilder::new().mode(0o700).create(path).map_err(file(path))?;
    }
    let is_folder = path.is_dir();
    if keep.is_some() && !is_folder {
        return Err(BackupError::NoFolder(path.display().to_string()));
    }
    let now = clock.now();
    let [begin, end] = NAME;
    let target =
        if is_folder { path.join(format!("{begin}{}{end}", stamp(now))) } else { path.to_owned() };
    let copy = Copy::beside(store)?;
    copy.take(store)?;
    let part = beside(&target, ".part");
    let written = encrypt(copy.path(), &part, recipients, (keys, now));
    let placed = written.and_then(|()| {
        let place = || fs::rename(&part, &target).and_then(|()| sync_folder(&target));
        place().map_err(file(&target))
    });
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    placed?;
    note_backup(store, now).map_err(file(&beside(store, ".backup")))?;
    if let Some(keep) = keep {
        prune(path, NAME, keep.get(), now).map_err(file(path))?;
    }
    Ok(target)
}

#[derive(Debug)]
pub struct Restored {
    /// When the backup was taken; `None` if this gate has not signed it.
    pub taken_at: Option<UnixMillis>,
    /// Where what was there is now, if there was anything.
    pub aside: Option<PathBuf>,
}

/// Puts the store of a backup in the place of the one that is there, which no
/// gate may have open. Without `keys`, anyone's backup is taken.
///
/// # Errors
///
/// See [`BackupError`]. The store is as it was.
pub fn restore(
    path: &Path,
    identity: &Path,
    (store, keys): (&Path, Option<&SigningKeys>),
    clock: &Clock,
) -> Result<Restored, BackupError> {
    let copy = Copy::beside(store)?;
    let output = open(copy.path()).map_err(file(copy.path()))?;
    unseal(path, identity, (copy.path(), &output))?;
    let decrypted = File::open(copy.path()).map_err(file(copy.path()))?;
    let signature = signature(&decrypted, keys).map_err(file(copy.path()))?;
    let taken_at = match signature.signer {
        Signer::Us(taken_at) => Some(taken_at),
        Signer::Unknown | Signer::None if keys.is_none() => None,
        Signer::Unknown | Signer::None => {
            return Err(BackupError::Unsigned(path.display().to_string()));
        }
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let (Some(date), Some(taken_at)) = (dated(&name, NAME), taken_at)
        && date != stamp(taken_at)
    {
        return Err(BackupError::Renamed { path: path.display().to_string(), taken_at });
    }
    // What stays is the store alone.
    output.set_len(signature.contents).map_err(file(copy.path()))?;
    Ok(Restored { taken_at, aside: copy.put_in_place(store, clock)? })
}

fn encrypt(
    from: &Path,
    to: &Path,
    recipients: &[Recipient],
    signed: (&SigningKeys, UnixMillis),
) -> Result<(), BackupError> {
    let output = open(to).map_err(file(to))?;
    Ok(seal(from, (to, &output), recipients, signed)?)
}

fn file(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.display().to_string();
    move |source| BackupError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
