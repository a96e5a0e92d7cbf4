//! The images of packs in a folder. An adapter: what is loaded and stored is
//! decided elsewhere.

use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;
use munjigi_serving::ports;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};

/// One object per pack. Clones share it.
#[derive(Debug, Clone)]
pub struct Images(Arc<dyn ObjectStore>);

impl Images {
    /// A folder, which is created if it is missing.
    ///
    /// # Errors
    ///
    /// It cannot be created or read.
    pub fn in_folder(path: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let folder = LocalFileSystem::new_with_prefix(path).map_err(std::io::Error::other)?;
        Ok(Self(Arc::new(folder)))
    }
}

impl ports::Images for Images {
    type Bytes = Bytes;

    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<Bytes>, StoreError> {
        let from = u64::from(span.at);
        let part = from..from + u64::from(span.len);
        found(self.0.get_range(&Key::from(key), part).await)
    }

    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let bytes = Bytes::copy_from_slice(bytes);
        self.0.put(&Key::from(key), bytes.into()).await.map(drop).map_err(|error| failed(&error))
    }

    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(found(self.0.head(&Key::from(key)).await)?.map(|object| object.size))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        found(self.0.delete(&Key::from(key)).await).map(drop)
    }
}

fn found<T>(result: object_store::Result<T>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &Error) -> StoreError {
    tracing::warn!(%error, "the images do not respond");
    StoreError
}

#[cfg(test)]
mod tests {
    use munjigi_serving::contract::images;
    use munjigi_serving::ports::Images as _;

    use super::*;

    #[tokio::test]
    async fn the_contract_of_images_holds() {
        let folder = tempfile::tempdir().unwrap();
        images(&Images::in_folder(&folder.path().join("new")).unwrap(), "contract").await;
    }

    #[tokio::test]
    async fn a_part_is_what_was_stored_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Images::in_folder(folder.path()).unwrap();
        store.store("packs/1", b"0123456789").await.unwrap();
        let part = store.load("packs/1", ImageSpan { at: 3, len: 4 }).await.unwrap();
        assert_eq!(part.as_deref(), Some(&b"3456"[..]));
    }
}
