//! The objects of an S3-compatible bucket below a prefix, and their bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use munjigi_bucket::{BucketAddress, BucketError, BucketSettings, Client, Patience};
use object_store::ObjectStoreExt;
use object_store::list::{PaginatedListOptions, PaginatedListStore};

use super::listed::Listed;

/// A bucket with a listing of everything below a prefix.
#[derive(Debug)]
pub struct Bucket {
    client: Client,
    sizes: BTreeMap<String, u64>,
}

impl Bucket {
    /// Lists everything below the prefix of `address`, page by page.
    pub async fn open(
        address: &BucketAddress,
        settings: &BucketSettings,
        http: reqwest::Client,
    ) -> Result<Self, BucketError> {
        let client = Client::new(address, settings, http, Patience::JOB)?;
        let prefix = address.folder();
        let mut sizes = BTreeMap::new();
        let mut page_token = None;
        loop {
            let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
            let page = client.store().list_paginated(prefix.as_deref(), options).await;
            let page = page.map_err(|error| match client.error(&error) {
                BucketError::NoObject => client.no_bucket(),
                error => error,
            })?;
            let objects = page.result.objects.into_iter();
            sizes.extend(objects.map(|object| (object.location.into(), object.size)));
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(Self { client, sizes });
            }
        }
    }

    pub fn list(&self) -> Vec<Listed> {
        let listed = self.sizes.iter().map(|(key, bytes)| Listed {
            path: PathBuf::from(key),
            name: key.clone(),
            bytes: *bytes,
        });
        listed.collect()
    }

    /// The first bytes of a listed object.
    pub async fn read(&self, key: &Path, most: usize) -> Result<Vec<u8>, BucketError> {
        let listed = key.to_str().filter(|key| self.sizes.contains_key(*key));
        let key = listed.ok_or(BucketError::NoObject)?;
        let error = |error| self.client.error(&error);
        let key = object_store::path::Path::parse(key)
            .map_err(|error| BucketError::Key(error.to_string()))?;
        let mut chunks = self.client.store().get(&key).await.map_err(error)?.into_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.try_next().await.map_err(error)? {
            let room = most.saturating_sub(bytes.len());
            bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if bytes.len() == most {
                break;
            }
        }
        Ok(bytes)
    }
}
