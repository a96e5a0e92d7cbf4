//! `munjigi restore`.

use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use munjigi_bucket::BucketAddress;
use tempfile::NamedTempFile;

use super::backup::{client, names, newest};
use super::place::{self, Place};
use super::{Exit, Fail, Shell, print};
use crate::backup::{BackupError, Readable, bucket};
use crate::config::DatabaseConfig;

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

Undo: drop the database.")]
pub struct Arguments {
    /// A backup of `munjigi backup`, or a folder or part of a bucket with some:
    /// then the newest.
    #[arg(
        value_name = "FILE|FOLDER|s3://BUCKET/KEY",
        value_hint = ValueHint::AnyPath,
        value_parser = PathBufValueParser::new().try_map(place::parse),
    )]
    place: Place,
    /// File of the secret key that `age-keygen` wrote, for an encrypted backup.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Option<PathBuf>,
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
        Place::Path(path) if path.is_dir() => {
            let name = newest(names(path)?).ok_or_else(none)?;
            let path = path.join(name);
            let name = path.display().to_string();
            (path, name)
        }
        Place::Path(path) => (path.clone(), path.display().to_string()),
        Place::Bucket(address) => {
            let key = key(address).await?.ok_or_else(none)?;
            fetched = NamedTempFile::new_in(".").map_err(BackupError::from)?;
            bucket::fetch(&client(address)?, &key, fetched.as_file()).await?;
            (fetched.path().to_owned(), format!("s3://{}/{key}", address.bucket()))
        }
    };
    let readable = Readable::open(&path, identity)?;
    if arguments.check {
        let manifest = readable.check()?;
        return print(&format!(
            "{name} is complete: {} rows of {} tables, written by munjigi {}\n",
            manifest.rows(),
            manifest.tables.len(),
            manifest.program
        ));
    }
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let manifest = readable.restore(&pool).await?;
    print(&format!(
        "Restored {} rows of {} tables from {name}. The schema is up to date.\nNext: run `munjigi serve`, which publishes every site to the edge again.\n",
        manifest.rows(),
        manifest.tables.len()
    ))
}

/// The key of the backup at an address, or of the newest below it.
async fn key(address: &BucketAddress) -> Result<Option<String>, Fail> {
    let folder = address.folder();
    let itself = folder.as_deref().map(|folder| folder.trim_end_matches('/').to_owned());
    let is_backup = |key: &String| key.ends_with(".backup") || key.ends_with(".backup.age");
    if let Some(key) = itself.filter(is_backup) {
        return Ok(Some(key));
    }
    Ok(newest(bucket::list(&client(address)?, folder.as_deref()).await?))
}
