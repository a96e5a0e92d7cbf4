//! `munjigi backup`.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use munjigi_backup::{Recipient, dated, prune, stamp};
use munjigi_bucket::{BucketAddress, Client, Patience};
use munjigi_delivery::http_client;
use munjigi_store::backups::{self, Backup};
use tempfile::TempDir;

use super::storage::{self, Storage};
use super::{Exit, Fail, Shell, print};
use crate::backup::{self, BackupError, Manifest, Protection, bucket};
use crate::config::{DatabaseConfig, SigningConfig};

/// How names of dated backups begin and end; encrypted ones continue.
pub const NAME: [&str; 2] = ["munjigi-", ".backup"];
const SEALED: &str = ".age";
const NOTHING: &str = "no backup was written";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi backup munjigi-2026-11-21.backup
  munjigi backup /var/backups/munjigi --keep 14 --encrypt age1…
  munjigi backup s3://shop-backups/munjigi --encrypt age1…

Takes one consistent snapshot without downtime. The file contains accounts,
hashes of secrets and sealed keys. Only its owner can read it; protect it like
the database. Back up the keys of the installation separately:
MUNJIGI_CONSOLE_KEYS opens the sealed values and is not in the file. If it is set,
a key derived from it signs the backup, and `munjigi restore` knows it again.

--encrypt needs the public half of a key that `age-keygen` makes. Make it where
you would restore, and keep the secret half there. What leaves the machine for a
bucket must be encrypted. A bucket is called with AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL.

Undo: delete the file.")]
pub struct Arguments {
    /// A file that does not exist, or a folder or part of a bucket, in which each
    /// backup has its date as its name.
    #[arg(
        value_name = "FILE|FOLDER|s3://BUCKET/PREFIX",
        value_hint = ValueHint::AnyPath,
        value_parser = PathBufValueParser::new().try_map(storage::parse),
    )]
    place: Storage,
    /// Encrypt to this public key (age1…). Can be repeated.
    #[arg(long, value_name = "KEY", value_parser = recipient)]
    encrypt: Vec<Recipient>,
    /// Keep this many backups in the folder, and delete older ones. A bucket has
    /// rules for that.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let Arguments { place, encrypt, keep } = arguments;
    let config = DatabaseConfig::read(&shell.environment)?;
    let ring = SigningConfig::read(&shell.environment)?.keys;
    let keys = ring.as_ref().map(backup::signing_keys);
    let protection = Protection { recipients: encrypt, keys: keys.as_ref() };
    let pool = munjigi_store::pool(&config.database);
    let now = shell.clock.now();
    let [begin, end] = NAME;
    let sealed = if encrypt.is_empty() { "" } else { SEALED };
    let name = format!("{begin}{}{end}{sealed}", stamp(now));
    let refused = |why: &str, fix: &str| Fail::new(Exit::Backup, NOTHING, why).fix(fix);
    let is_folder = matches!(place, Storage::Path(path) if path.is_dir());
    if keep.is_some() && !is_folder {
        return Err(refused("--keep needs a folder that exists", "create it, or leave --keep out"));
    }
    let (manifest, bytes, written) = match place {
        Storage::Path(path) => {
            let file = if is_folder { path.join(name) } else { path.clone() };
            let manifest = backup::write(&pool, &file, protection, now).await?;
            if let Some(keep) = keep {
                let last = if encrypt.is_empty() { NAME } else { [begin, ".backup.age"] };
                prune(path, last, usize::from(*keep), now).map_err(BackupError::from)?;
            }
            (manifest, bytes(&file)?, file.display().to_string())
        }
        Storage::Bucket(_) if encrypt.is_empty() => {
            return Err(refused(
                "what leaves the machine must be encrypted",
                "make a key with `age-keygen` where you would restore, and pass its public half with --encrypt",
            ));
        }
        Storage::Bucket(address) => {
            let (key, shown) = key(address, &name);
            let client = client(address)?;
            // Beside nothing that anyone else reads.
            let folder = TempDir::new_in(".").map_err(BackupError::from)?;
            let file = folder.path().join(&name);
            let manifest = backup::write(&pool, &file, protection, now).await?;
            bucket::send(&client, &key, &file).await?;
            (manifest, bytes(&file)?, shown)
        }
    };
    tell(&pool, &manifest, bytes, written, protection).await
}

async fn tell(
    pool: &sqlx::PgPool,
    manifest: &Manifest,
    bytes: u64,
    place: String,
    protection: Protection<'_>,
) -> Result<(), Fail> {
    let taken_at = munjigi_keys::UnixMillis(manifest.taken_at);
    let (rows, tables) = (manifest.rows(), manifest.tables.len());
    let keep = if protection.recipients.is_empty() {
        "The file contains hashes of secrets and people's addresses. Only you can read it; keep it that way."
    } else {
        "Without the secret half of the key, no one can read it: keep that where you would restore."
    };
    let signed = if protection.keys.is_some() {
        ""
    } else {
        "It is not signed, because MUNJIGI_CONSOLE_KEYS is not set: `munjigi restore` takes it with --unsigned.\n"
    };
    let text = format!("Saved {rows} rows of {tables} tables to {place}\n{keep}\n{signed}");
    // An older schema has no place for the note, and a backup is worth more.
    match backups::note(pool, &Backup { taken_at, place, rows, bytes }).await {
        Ok(()) => print(&text),
        Err(error) => print(&format!("{text}It was not noted for the metrics: {error}\n")),
    }
}

/// The key of an object, and its address.
fn key(address: &BucketAddress, name: &str) -> (String, String) {
    let key = format!("{}{name}", address.folder().unwrap_or_default());
    let shown = format!("s3://{}/{key}", address.bucket());
    (key, shown)
}

/// A client for a bucket, by this process's variables.
pub fn client(address: &BucketAddress) -> Result<Client, Fail> {
    let settings = storage::settings(NOTHING)?;
    let http = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    Ok(Client::new(address, &settings, http, Patience::JOB).map_err(BackupError::from)?)
}

fn bytes(file: &Path) -> Result<u64, Fail> {
    Ok(std::fs::metadata(file).map_err(BackupError::from)?.len())
}

fn recipient(text: &str) -> Result<Recipient, String> {
    let mut found = munjigi_backup::recipients(text)?;
    match (found.pop(), found.pop()) {
        (Some(one), None) => Ok(one),
        _ => Err("one public key; repeat --encrypt for more".to_owned()),
    }
}

/// The newest backup among these names or keys; `None` if there is none.
pub fn newest(names: impl IntoIterator<Item = String>) -> Option<String> {
    let dated = names.into_iter().filter_map(|name| Some((date(&name)?.to_owned(), name)));
    dated.max().map(|(_, name)| name)
}

/// The date in the name or key of a backup, if it has one.
pub fn date(name: &str) -> Option<&str> {
    let [begin, end] = NAME;
    let last = name.rsplit('/').next()?;
    dated(last.strip_suffix(SEALED).unwrap_or(last), [begin, end])
}

/// Names of the files of a folder.
pub fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(PathBuf::from(entry?.file_name()).display().to_string());
    }
    Ok(names)
}
