//! Backups of the store, encrypted to keys whose secret half is elsewhere, in
//! the format of age (<https://age-encryption.org/v1>).

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use age::x25519::Recipient;
use age::{DecryptError, Decryptor, EncryptError, Encryptor, IdentityFile};
use munjigi_process::clock::Clock;

use crate::sqlite::{Copy, CopyError, beside, note_backup, open, stamp, sync_folder};

/// How names of dated backups begin and end.
const NAME: [&str; 2] = ["munjigi-", ".db.age"];
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

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
    File {
        /// The file.
        path: String,
        /// The system's words.
        source: io::Error,
    },
    /// age refuses to encrypt.
    #[error("cannot encrypt: {0}")]
    Encrypt(#[from] EncryptError),
    /// A file of keys that holds none.
    #[error("{path} holds no secret key of age (AGE-SECRET-KEY-1…): {source}")]
    NoIdentity {
        /// The file.
        path: String,
        /// What is wrong.
        source: io::Error,
    },
    /// A backup for other keys.
    #[error("none of the keys in {identity} opens {path}: it was encrypted to others")]
    WrongKey {
        /// The file of keys.
        identity: String,
        /// The backup.
        path: String,
    },
    /// Another kind of file.
    #[error("{path} is no backup: it does not begin as files of age do")]
    NoBackup {
        /// The file.
        path: String,
    },
    /// Half a file, or one with changed bytes.
    #[error("{path} is not whole: it ends early, or its bytes were changed")]
    NotWhole {
        /// The file.
        path: String,
    },
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
    recipients: &[Recipient],
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
    let written = encrypt(copy.path(), &part, recipients);
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
        prune(path, keep.get()).map_err(file(path))?;
    }
    Ok(target)
}

/// Puts the store of a backup in the place of the one that is there, which no
/// gate may have open. Returns where that is now, if there was one.
///
/// # Errors
///
/// See [`BackupError`]. The store is as it was.
pub fn restore(
    path: &Path,
    identity: &Path,
    store: &Path,
    clock: &Clock,
) -> Result<Option<PathBuf>, BackupError> {
    let copy = Copy::beside(store)?;
    decrypt(path, identity, copy.path())?;
    Ok(copy.put_in_place(store, clock)?)
}

fn encrypt(from: &Path, to: &Path, recipients: &[Recipient]) -> Result<(), BackupError> {
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients)?;
    let mut input = File::open(from).map_err(file(from))?;
    let output = open(to).map_err(file(to))?;
    let write = |output: &File| {
        output.set_len(0)?;
        let mut writer = encryptor.wrap_output(output)?;
        io::copy(&mut input, &mut writer)?;
        writer.finish()?.sync_all()
    };
    write(&output).map_err(file(to))
}

fn decrypt(path: &Path, identity: &Path, to: &Path) -> Result<(), BackupError> {
    let (shown, keys) = (path.display().to_string(), identity.display().to_string());
    let text = fs::read(identity).map_err(file(identity))?;
    let no_identity = |source| BackupError::NoIdentity { path: keys.clone(), source };
    let identities = IdentityFile::from_buffer(text.as_slice()).map_err(no_identity)?;
    let identities = identities.into_identities();
    let identities = identities.map_err(|error| no_identity(io::Error::other(error)))?;
    let refused = |error| match error {
        DecryptError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
            BackupError::File { path: shown.clone(), source }
        }
        DecryptError::Io(_) | DecryptError::InvalidMac => {
            BackupError::NotWhole { path: shown.clone() }
        }
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => {
            BackupError::NoBackup { path: shown.clone() }
        }
        _ => BackupError::WrongKey { identity: keys.clone(), path: shown.clone() },
    };
    let input = BufReader::new(File::open(path).map_err(file(path))?);
    let decryptor = Decryptor::new_buffered(input).map_err(refused)?;
    let keys = identities.iter().map(|identity| &**identity as &dyn age::Identity);
    let mut reader = decryptor.decrypt(keys).map_err(refused)?;
    let mut output = open(to).map_err(file(to))?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(BackupError::NotWhole { path: shown }),
        };
        output.write_all(chunk.get(..read).unwrap_or_default()).map_err(file(to))?;
    }
    output.sync_all().map_err(file(to))
}

/// Deletes all dated backups of a folder but the newest.
fn prune(folder: &Path, keep: usize) -> io::Result<()> {
    let [begin, end] = NAME;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with(begin) && text.ends_with(end) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    names.iter().take(old).try_for_each(|name| fs::remove_file(folder.join(name)))
}

fn file(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.display().to_string();
    move |source| BackupError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
