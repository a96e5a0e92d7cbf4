//! Backups in an S3-compatible bucket: one object each.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use futures_util::TryStreamExt as _;
use munjigi_bucket::{BucketError, Client};
use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _, WriteMultipart};

use super::BackupError;

/// Bytes that are sent at a time: ten thousand of them are the longest object.
const PART: usize = 16 * 1024 * 1024;
/// Parts on their way at once.
const AT_ONCE: usize = 2;

/// Sends a file. The object is there once it is complete, or not at all.
pub async fn send(client: &Client, key: &str, from: &Path) -> Result<(), BackupError> {
    let failed = |error: object_store::Error| named(client, &error);
    let mut file = File::open(from)?;
    let key = parse(key)?;
    let upload = client.store().put_multipart(&key).await.map_err(failed)?;
    let mut write = WriteMultipart::new_with_chunk_size(upload, PART);
    let sent = async {
        let mut part = vec![0; PART];
        loop {
            let read = file.read(&mut part)?;
            if read == 0 {
                return Ok(());
            }
            write.wait_for_capacity(AT_ONCE).await.map_err(failed)?;
            write.write(part.get(..read).unwrap_or_default());
        }
    };
    let sent: Result<(), BackupError> = sent.await;
    match sent {
        Ok(()) => write.finish().await.map(drop).map_err(failed),
        Err(error) => {
            let _ = write.abort().await;
            Err(error)
        }
    }
}

/// Fetches an object into a file.
pub async fn fetch(client: &Client, key: &str, mut to: &File) -> Result<(), BackupError> {
    let failed = |error: object_store::Error| named(client, &error);
    let found = client.store().get(&parse(key)?).await.map_err(failed)?;
    let mut parts = found.into_stream();
    while let Some(part) = parts.try_next().await.map_err(failed)? {
        to.write_all(&part)?;
    }
    Ok(to.sync_all()?)
}

/// The keys below a folder of the bucket, `None` for the whole bucket.
pub async fn list(client: &Client, folder: Option<&str>) -> Result<Vec<String>, BackupError> {
    let prefix = folder.map(|folder| parse(folder.trim_end_matches('/'))).transpose()?;
    let listed: Vec<_> =
        client.store().list(prefix.as_ref()).try_collect().await.map_err(|error| {
            match client.error(&error) {
                BucketError::NoObject => client.no_bucket().into(),
                error => BackupError::from(error),
            }
        })?;
    Ok(listed.into_iter().map(|object| object.location.to_string()).collect())
}

/// A key as the library takes it.
pub fn parse(key: &str) -> Result<Key, BackupError> {
    Key::parse(key).map_err(|error| BucketError::Key(error.to_string()).into())
}

fn named(client: &Client, error: &object_store::Error) -> BackupError {
    client.error(error).into()
}
