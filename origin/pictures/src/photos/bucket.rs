//! An S3-compatible bucket: the objects below a prefix, and their bytes. Which
//! bucket, and how to call it, is in `address` and `settings`.

mod address;
mod client;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::{BackoffConfig, ObjectStoreExt, RetryConfig};
use reqwest::StatusCode;

pub use address::{AddressError, BucketAddress};
pub use settings::{BucketSettings, Credentials, WrongVariable};

use client::{Connector, Refusal};
use munjigi_delivery::http_client::reasons;

use super::listed::Listed;

/// How often, and for how long, a server that is down or busy is tried.
const TRIES: usize = 4;
const KEEP_TRYING: Duration = Duration::from_secs(20);

/// Why a bucket or an object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The server has no such bucket.
    #[error("{endpoint} has no bucket {bucket}")]
    NoBucket {
        bucket: String,
        /// The server that was asked.
        endpoint: String,
    },
    /// It is in another region; the server may say which.
    #[error("the bucket is in another region{}", .0.as_ref().map(|region| format!(": {region}")).unwrap_or_default())]
    Moved(Option<String>),
    /// The key is missing, wrong, or lacks the permission.
    #[error("access is denied{}", .code.as_ref().map(|code| format!(": {code}")).unwrap_or_default())]
    Denied {
        /// The server's error code.
        code: Option<String>,
        /// Whether requests were signed.
        signing: Signing,
    },
    /// No answer. Our fault or the network's; retry.
    #[error("{endpoint} does not respond: {reason}")]
    Unreachable {
        /// The server that was asked.
        endpoint: String,
        /// The chain of causes.
        reason: String,
    },
    /// It did not finish an answer in time.
    #[error("{0} is too slow")]
    TooSlow(String),
    /// No such object: it was deleted since the listing, or never existed.
    #[error("there is no such object")]
    NoObject,
    /// A key with an empty part, `.`, `..` or a control character.
    #[error("a key is not a valid path: {0}")]
    Key(String),
    /// Anything else; the server's words if there are any.
    #[error("cannot read the bucket: {0}")]
    Other(String),
}

/// Whether requests carry a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With a key from the environment.
    Signed,
    /// There is no key.
    Unsigned,
}

/// A bucket with a listing of everything below a prefix.
#[derive(Debug)]
pub struct Bucket {
    calls: Calls,
    sizes: BTreeMap<String, u64>,
}

/// How to call a bucket.
#[derive(Debug)]
struct Calls {
    store: AmazonS3,
    bucket: String,
    endpoint: String,
    signing: Signing,
}

impl Bucket {
    /// Lists everything below the prefix of `address`, page by page.
    pub async fn open(
        address: &BucketAddress,
        settings: &BucketSettings,
        http: reqwest::Client,
    ) -> Result<Self, BucketError> {
        let calls = Calls::new(address, settings, http)?;
        let prefix = address.folder();
        let mut sizes = BTreeMap::new();
        let mut page_token = None;
        loop {
            let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
            let page = calls.store.list_paginated(prefix.as_deref(), options).await;
            let page = page.map_err(|error| match calls.error(&error) {
                BucketError::NoObject => BucketError::NoBucket {
                    bucket: calls.bucket.clone(),
                    endpoint: calls.endpoint.clone(),
                },
                error => error,
            })?;
            let objects = page.result.objects.into_iter();
            sizes.extend(objects.map(|object| (object.location.into(), object.size)));
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(Self { calls, sizes });
            }
        }
    }

    /// The objects, by key.
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
        let error = |error| self.calls.error(&error);
        let key = object_store::path::Path::parse(key)
            .map_err(|error| BucketError::Key(error.to_string()))?;
        let mut chunks = self.calls.store.get(&key).await.map_err(error)?.into_stream();
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

impl Calls {
    fn new(
        address: &BucketAddress,
        settings: &BucketSettings,
        http: reqwest::Client,
    ) -> Result<Self, BucketError> {
        let bucket = address.bucket().to_owned();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket)
            .with_region(&settings.region)
            .with_http_connector(Connector(http))
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: TRIES,
                retry_timeout: KEEP_TRYING,
            });
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint.as_str());
        }
        let signing = if let Some(Credentials { id, secret, token }) = &settings.credentials {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
            if let Some(token) = token {
                builder = builder.with_token(token);
            }
            Signing::Signed
        } else {
            builder = builder.with_skip_signature(true);
            Signing::Unsigned
        };
        let store = builder.build().map_err(|error| BucketError::Other(error.to_string()))?;
        let endpoint = match &settings.endpoint {
            Some(endpoint) => endpoint.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://s3.{}.amazonaws.com", settings.region),
        };
        Ok(Self { store, bucket, endpoint, signing })
    }

    fn error(&self, error: &object_store::Error) -> BucketError {
        if let object_store::Error::InvalidPath { source } = error {
            return BucketError::Key(source.to_string());
        }
        let Some(http) = http_error(error) else { return BucketError::Other(error.to_string()) };
        let source = std::error::Error::source(http);
        if let Some(refusal) = source.and_then(|source| source.downcast_ref::<Refusal>()) {
            return self.refused(refusal);
        }
        let reason = source.map_or_else(|| http.to_string(), reasons);
        match http.kind() {
            HttpErrorKind::Connect => {
                BucketError::Unreachable { endpoint: self.endpoint.clone(), reason }
            }
            HttpErrorKind::Timeout => BucketError::TooSlow(self.endpoint.clone()),
            _ => BucketError::Other(reason),
        }
    }

    fn refused(&self, Refusal { status, region, body }: &Refusal) -> BucketError {
        let code = element(body, "Code");
        match *status {
            StatusCode::NOT_FOUND => BucketError::NoObject,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                BucketError::Denied { code: code.map(str::to_owned), signing: self.signing }
            }
            status if status.is_redirection() => BucketError::Moved(region.clone()),
            status => BucketError::Other(match (code, element(body, "Message")) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (code, _) => code.map_or_else(|| status.to_string(), str::to_owned),
            }),
        }
    }
}

/// Our client's error behind one of the library's, if any.
fn http_error(error: &object_store::Error) -> Option<&HttpError> {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        next = error.source();
    }
    None
}

/// The text of the first element with this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}
