//! The images of packs, in a folder or in an S3-compatible bucket. An adapter:
//! what is loaded and stored is decided elsewhere.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use munjigi_bucket::{BucketAddress, BucketError, BucketSettings, Client, Patience};
use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;
use munjigi_serving::ports;
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};

use crate::http_client;

#[derive(Debug)]
pub enum Storage {
    /// A folder, which is created if it is missing.
    Folder(PathBuf),
    /// A bucket, or a folder in it.
    Bucket { address: BucketAddress, settings: Box<BucketSettings> },
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { address, .. } => write!(f, "{address}"),
        }
    }
}

/// Why a place cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// The folder cannot be created or read.
    #[error("cannot use the folder {path} for pictures: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        source: io::Error,
    },
    /// The bucket's settings are refused.
    #[error("cannot use {address} for pictures: {source}")]
    Bucket { address: BucketAddress, source: BucketError },
    /// The system's TLS cannot be used.
    #[error("cannot call a bucket: {0}")]
    Http(#[from] reqwest::Error),
}

/// One object per pack. Clones share it.
#[derive(Debug, Clone)]
pub struct Images(Arc<Objects>);

#[derive(Debug)]
enum Objects {
    Folder(LocalFileSystem),
    Bucket { client: Client, prefix: String },
}

impl Images {
    /// Those of a place. A bucket is not called yet.
    ///
    /// # Errors
    ///
    /// See [`ImagesError`].
    pub fn open(place: &Storage) -> Result<Self, ImagesError> {
        let objects = match place {
            Storage::Folder(path) => {
                let failed = |source| ImagesError::Folder { path: path.clone(), source };
                std::fs::create_dir_all(path).map_err(failed)?;
                let folder = LocalFileSystem::new_with_prefix(path);
                Objects::Folder(folder.map_err(|error| failed(io::Error::other(error)))?)
            }
            Storage::Bucket { address, settings } => {
                let http = http_client::client()?;
                let client = Client::new(address, settings, http, Patience::REQUEST);
                let failed = |source| ImagesError::Bucket { address: address.clone(), source };
                let prefix = address.folder().unwrap_or_default();
                Objects::Bucket { client: client.map_err(failed)?, prefix }
            }
        };
        Ok(Self(Arc::new(objects)))
    }

    /// Warns of a bucket that cannot be read: that its name or key is wrong
    /// should not be found out by the first visitor.
    ///
    /// # Errors
    ///
    /// It cannot be read; the log says why.
    pub async fn check(&self) -> Result<(), StoreError> {
        let Objects::Bucket { client, prefix } = &*self.0 else { return Ok(()) };
        let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        let listed = client.store().list_paginated(Some(prefix), one).await;
        listed.map(drop).map_err(|error| match client.error(&error) {
            BucketError::NoObject => failed(client.no_bucket()),
            error => failed(error),
        })
    }

    fn objects(&self) -> &dyn ObjectStore {
        match &*self.0 {
            Objects::Folder(folder) => folder,
            Objects::Bucket { client, .. } => client.store(),
        }
    }

    fn key(&self, key: &str) -> Key {
        match &*self.0 {
            Objects::Folder(_) => Key::from(key),
            Objects::Bucket { prefix, .. } => Key::from(format!("{prefix}{key}")),
        }
    }

    /// What was found; `None` if there is no such object.
    fn found<T>(&self, result: object_store::Result<T>) -> Result<Option<T>, StoreError> {
        match (result, &*self.0) {
            (Ok(found), _) => Ok(Some(found)),
            (Err(Error::NotFound { .. }), _) => Ok(None),
            (Err(error), Objects::Folder(_)) => Err(failed(error)),
            (Err(error), Objects::Bucket { client, .. }) => match client.error(&error) {
                BucketError::NoObject => Ok(None),
                error => Err(failed(error)),
            },
        }
    }
}

impl ports::Images for Images {
    type Bytes = Bytes;

    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<Bytes>, StoreError> {
        let from = u64::from(span.at);
        let part = from..from + u64::from(span.len);
        self.found(self.objects().get_range(&self.key(key), part).await)
    }

    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let bytes = Bytes::copy_from_slice(bytes);
        let stored = self.objects().put(&self.key(key), bytes.into()).await;
        self.found(stored)?.map(drop).ok_or_else(|| failed("nothing can be stored there"))
    }

    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.found(self.objects().head(&self.key(key)).await)?.map(|object| object.size))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.found(self.objects().delete(&self.key(key)).await).map(drop)
    }
}

fn failed(error: impl fmt::Display) -> StoreError {
    tracing::warn!(%error, "the images do not respond");
    StoreError
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axum::Router;
    use axum::http::StatusCode;
    use munjigi_bucket::server::serve;
    use munjigi_serving::contract::images;
    use munjigi_serving::ports::Images as _;

    use super::*;

    const KEY: (&str, &str) = ("edge", "hush");

    fn folder(path: &Path) -> Images {
        Images::open(&Storage::Folder(path.to_owned())).unwrap()
    }

    fn bucket(endpoint: &str, address: &str, secret: &str) -> Images {
        let settings = BucketSettings::read(|name| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
            "AWS_ACCESS_KEY_ID" => Some(KEY.0.to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
            _ => None,
        });
        let (address, settings) = (address.parse().unwrap(), Box::new(settings.unwrap()));
        Images::open(&Storage::Bucket { address, settings }).unwrap()
    }

    /// A bucket `pictures` behind a server that checks signatures.
    async fn shop() -> (tempfile::TempDir, String) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("pictures")).unwrap();
        let endpoint = serve(root.path(), Some(KEY)).await.unwrap();
        (root, endpoint)
    }

    #[tokio::test]
    async fn the_contract_of_images_holds_in_a_folder_and_in_a_bucket() {
        let root = tempfile::tempdir().unwrap();
        images(&folder(&root.path().join("new")), "contract").await;
        let (root, endpoint) = shop().await;
        images(&bucket(&endpoint, "s3://pictures", KEY.1), "contract").await;
        images(&bucket(&endpoint, "s3://pictures/of the/edge", KEY.1), "contract").await;
        bucket(&endpoint, "s3://pictures", KEY.1).check().await.unwrap();
        let store = bucket(&endpoint, "s3://pictures/edge", KEY.1);
        store.check().await.unwrap();
        store.store("packs/1", b"0123456789").await.unwrap();
        let stored = root.path().join("pictures/edge/packs/1");
        assert_eq!(std::fs::read(stored).unwrap(), b"0123456789");
    }

    #[tokio::test]
    async fn a_part_is_what_was_stored_there() {
        let root = tempfile::tempdir().unwrap();
        let (_root, endpoint) = shop().await;
        for store in [folder(root.path()), bucket(&endpoint, "s3://pictures", KEY.1)] {
            store.store("packs/1", b"0123456789").await.unwrap();
            let part = store.load("packs/1", ImageSpan { at: 3, len: 4 }).await.unwrap();
            assert_eq!(part.as_deref(), Some(&b"3456"[..]));
        }
    }

    /// Otherwise a picture would be "not found" and never tried again.
    #[tokio::test]
    async fn a_bucket_that_fails_is_no_missing_picture() {
        let (_root, endpoint) = shop().await;
        // S3 says so; the server on a folder would say that the object is missing.
        let missing = "<Error><Code>NoSuchBucket</Code></Error>";
        let other = Router::new().fallback(move || async move { (StatusCode::NOT_FOUND, missing) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let empty = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, other).into_future());
        // Bound, so that no other test gets the port, but no one listens there.
        let closed = tokio::net::TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let silent = format!("http://{}", closed.local_addr().unwrap());
        for (what, store) in [
            ("the wrong key", bucket(&endpoint, "s3://pictures", "guess")),
            ("another bucket", bucket(&empty, "s3://photos", KEY.1)),
            ("no server", bucket(&silent, "s3://pictures", KEY.1)),
        ] {
            let span = ImageSpan { at: 0, len: 1 };
            assert!(store.check().await.is_err(), "{what}");
            assert!(store.load("packs/1", span).await.is_err(), "{what}");
            assert!(store.store("packs/1", b"1").await.is_err(), "{what}");
        }
    }
}
