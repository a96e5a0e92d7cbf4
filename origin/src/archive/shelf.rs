//! Where archives lie: part of a bucket, or a folder.

use munjigi_bucket::{BucketError, BucketSettings, Client, Patience};
use munjigi_delivery::http_client;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;

use crate::backup::BackupError;
use crate::backup::bucket::parse;
use crate::storage::Storage;

/// A place that holds files by their names.
#[derive(Debug)]
pub struct Shelf {
    kind: Kind,
    /// What all names begin with.
    prefix: Key,
}

#[derive(Debug)]
enum Kind {
    Bucket(Client),
    Folder(LocalFileSystem),
}

impl Shelf {
    /// Calls nothing yet, but a folder must exist.
    pub fn open(place: &Storage, settings: &BucketSettings) -> Result<Self, BackupError> {
        match place {
            Storage::Bucket(address) => {
                let http =
                    http_client::client().map_err(|error| BucketError::Other(error.to_string()))?;
                let client = Client::new(address, settings, http, Patience::JOB)?;
                let prefix = parse(address.folder().unwrap_or_default().trim_end_matches('/'))?;
                Ok(Self { kind: Kind::Bucket(client), prefix })
            }
            Storage::Path(path) => {
                // Says what is wrong with it in the system's words.
                let folder = path.canonicalize()?;
                let store = LocalFileSystem::new_with_prefix(folder)
                    .map_err(|error| std::io::Error::other(error.to_string()))?;
                Ok(Self { kind: Kind::Folder(store), prefix: Key::default() })
            }
        }
    }

    pub fn store(&self) -> &dyn ObjectStore {
        match &self.kind {
            Kind::Bucket(client) => client.store(),
            Kind::Folder(store) => store,
        }
    }

    /// A file's whole name there.
    pub fn key(&self, name: &str) -> Result<Key, BackupError> {
        Ok(self.prefix.parts().chain(parse(name)?.parts()).collect())
    }

    /// What an error of [`store`](Self::store) means.
    pub fn error(&self, error: &object_store::Error) -> BackupError {
        match &self.kind {
            Kind::Bucket(client) => match client.error(error) {
                BucketError::NoObject => client.no_bucket().into(),
                error => error.into(),
            },
            Kind::Folder(_) => BackupError::File(std::io::Error::other(error.to_string())),
        }
    }
}
