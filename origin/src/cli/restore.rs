//! `munjigi restore`.

use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use munjigi_backup::{is_ahead, is_sealed, stamp};
use munjigi_bucket::BucketAddress;
use munjigi_keys::UnixMillis;
use tempfile::NamedTempFile;

use super::backup::{client, date, names, newest};
use super::storage::{self, Storage};
use super::{Exit, Fail, Shell, print};
use crate::backup::{self, BackupError, Readable, Trust, bucket};
use crate::config::{DatabaseConfig, SigningConfig};

const NOTHING: &str = "nothing was restored";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  createdb munjigi_again
  MUNJIGI_DATABASE_URL=postgres://…/munjigi_again \\
    munjigi restore munjigi-2026-11-21.backup

The database must be empty. The whole file is verified before anything is
written. The rows are restored in one transaction and counted, then the schema
is migrated. With --check, nothing is written. An encrypted file is decrypted
beside it, or where the command runs if it is in a bucket, until it ends.

MUNJIGI_CONSOLE_KEYS shows that this installation wrote the file. Backups are
encrypted to a public key, and anyone who has that key can write one. Those of
older releases are not signed.

Undo: drop the database.")]
pub struct Arguments {
    /// A backup of `munjigi backup`, or with --newest a folder or part of a bucket
    /// with some.
    #[arg(
        value_name = "FILE|FOLDER|s3://BUCKET/KEY",
        value_hint = ValueHint::AnyPath,
        value_parser = PathBufValueParser::new().try_map(storage::parse),
    )]
    place: Storage,
    /// File of the secret key that `age-keygen` wrote, for an encrypted backup.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Option<PathBuf>,
    /// Restore the newest backup of the folder or the part of the bucket.
    #[arg(long)]
    newest: bool,
    /// Restore a file that this installation has not signed. Do so only if you know
    /// who wrote it: it may bring accounts and secrets of theirs.
    #[arg(long)]
    unsigned: bool,
    /// Only verify the file; needs no database.
    #[arg(long)]
    check: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let identity = arguments.identity.as_deref();
    let none = || {
        Fail::new(Exit::Backup, NOTHING, format!("{} holds no backup", arguments.place))
            .fix("name a backup, or a place of `munjigi backup`")
    };
    // Lives until the end.
    let fetched;
    let (path, name) = match &arguments.place {
        Storage::Path(path) if path.is_dir() => {
            let name = newest(names(path)?).ok_or_else(none)?;
            let path = path.join(name);
            let name = path.display().to_string();
            confirmed(&name, arguments.newest, shell.clock.now())?;
            (path, name)
        }
        Storage::Path(path) => (path.clone(), path.display().to_string()),
        Storage::Bucket(address) => {
            let (key, is_found) = key(address).await?.ok_or_else(none)?;
            let name = format!("s3://{}/{key}", address.bucket());
            if is_found {
                confirmed(&name, arguments.newest, shell.clock.now())?;
            }
            fetched = NamedTempFile::new_in(".").map_err(BackupError::from)?;
            bucket::fetch(&client(address)?, &key, fetched.as_file()).await?;
            if !is_sealed(fetched.path()).map_err(BackupError::from)? {
                return Err(BackupError::NotSealed.into());
            }
            (fetched.path().to_owned(), name)
        }
    };
    let ring = SigningConfig::read(&shell.environment)?.keys;
    let keys = ring.as_ref().map(backup::signing_keys);
    let trust = match &keys {
        Some(keys) if !arguments.unsigned => Trust::In(keys),
        None if !arguments.unsigned && !arguments.check => {
            return Err(BackupError::NoSigningKeys.into());
        }
        _ => Trust::Anyone,
    };
    let readable = Readable::open(&path, identity, trust)?;
    let taken_at = readable.taken_at();
    // A true backup of long ago could stand under the name of last night's.
    if let (Some(date), Some(at)) = (date(&name), taken_at)
        && date != stamp(at)
    {
        return Err(BackupError::Renamed(at).into());
    }
    let signed = match taken_at {
        Some(at) => format!("this installation signed it on {}", at.rfc3339()),
        None => "who wrote it was not verified".to_owned(),
    };
    if arguments.check {
        let manifest = readable.check()?;
        return print(&format!(
            "{name} is complete: {} rows of {} tables, written by munjigi {}; {signed}\n",
            manifest.rows(),
            manifest.tables.len(),
            manifest.program
        ));
    }
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let manifest = readable.restore(&pool).await?;
    print(&format!(
        "Restored {} rows of {} tables from {name}; {signed}. The schema is up to date.\nNext: run `munjigi serve`, which publishes every site to the edge again.\n",
        manifest.rows(),
        manifest.tables.len()
    ))
}

/// Whether the newest of a place may be restored: it is wanted, and its date is not
/// ahead of now, which would put it before every true backup.
fn confirmed(name: &str, newest: bool, now: UnixMillis) -> Result<(), BackupError> {
    let newest_is = |ahead| BackupError::Newest { name: name.to_owned(), ahead };
    if date(name).is_some_and(|date| is_ahead(date, now)) {
        return Err(newest_is(", whose date is ahead of this machine's clock"));
    }
    if newest { Ok(()) } else { Err(newest_is("")) }
}

/// The key of the backup at an address, or of the newest below it, and whether it
/// was searched for.
async fn key(address: &BucketAddress) -> Result<Option<(String, bool)>, Fail> {
    let folder = address.folder();
    let itself = folder.as_deref().map(|folder| folder.trim_end_matches('/').to_owned());
    let is_backup = |key: &String| key.ends_with(".backup") || key.ends_with(".backup.age");
    if let Some(key) = itself.filter(is_backup) {
        return Ok(Some((key, false)));
    }
    let found = bucket::list(&client(address)?, folder.as_deref()).await?;
    Ok(newest(found).map(|key| (key, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_place_is_named_and_restored_on_request() {
        let now = UnixMillis(1_795_345_600_000);
        let ours = format!("s3://shop/munjigi/munjigi-{}.backup.age", stamp(now));
        let told = confirmed(&ours, false, now).unwrap_err().to_string();
        assert_eq!(told, format!("the newest backup there is {ours}"));
        assert!(confirmed(&ours, true, now).is_ok());
        assert_eq!(date(&ours), Some(stamp(now).as_str()));
        // Not a date, however late it sorts.
        let names = ["munjigi-~01.backup", "munjigi-20261126T225500Z.backup.old", "notes", &ours];
        assert_eq!(newest(names.map(str::to_owned)), Some(ours));
        let forged = "/backups/munjigi-99991231T000000Z.backup.age";
        for newest in [false, true] {
            let told = confirmed(forged, newest, now).unwrap_err().to_string();
            assert!(
                told.contains(forged) && told.contains("ahead of this machine's clock"),
                "{told}"
            );
        }
    }
}
