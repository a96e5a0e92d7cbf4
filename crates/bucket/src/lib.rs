//! S3-compatible buckets: the address of one, the variables that all S3 tools
//! read, and a client whose errors say what is wrong.
//!
//! The protocol is [`object_store`]'s; HTTP and TLS are the program's own.

mod address;
mod connector;
#[cfg(feature = "server")]
pub mod server;
mod settings;

use std::time::Duration;

use munjigi_process::reasons::reasons;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::{BackoffConfig, RetryConfig};
use reqwest::StatusCode;

pub use address::{AddressError, BucketAddress};
pub use settings::{BucketSettings, Credentials, WrongVariable};

use connector::{Connector, Refusal};

/// Why a bucket or an object cannot be read or written.
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
        code: Option<String>,
        /// Whether requests were signed.
        signing: Signing,
    },
    /// No answer. Our fault or the network's; retry.
    #[error("{endpoint} does not respond: {reason}")]
    Unreachable {
        /// The server that was asked.
        endpoint: String,
        reason: String,
    },
    /// It did not finish an answer in time.
    #[error("{0} timed out")]
    TooSlow(String),
    /// No such object: it was deleted since the listing, or never existed.
    #[error("there is no such object")]
    NoObject,
    /// A key with an empty part, `.`, `..` or a control character.
    #[error("a key is not a valid path: {0}")]
    Key(String),
    /// Anything else; the server's words if there are any.
    #[error("the bucket cannot be used: {0}")]
    Other(String),
}

impl BucketError {
    /// What an operator does about it. `needs` are the permissions of the key,
    /// and `again` says what a retry does.
    #[must_use]
    pub fn remedy(&self, needs: &str, again: &str) -> String {
        match self {
            Self::NoBucket { .. } => {
                "correct its name, or AWS_ENDPOINT_URL and AWS_REGION".to_owned()
            }
            Self::Moved(_) => "set AWS_REGION to that region".to_owned(),
            Self::Denied { signing: Signing::Signed, .. } => format!(
                "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the key needs {needs}"
            ),
            Self::Denied { signing: Signing::Unsigned, .. } => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: without them, nothing is signed"
                    .to_owned()
            }
            Self::Unreachable { .. } | Self::TooSlow(_) => {
                format!("correct AWS_ENDPOINT_URL, or retry{again}")
            }
            Self::Key(_) => "rename that object, or use a prefix without it".to_owned(),
            Self::NoObject | Self::Other(_) => format!("retry{again}"),
        }
    }
}

/// Whether requests carry a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With a key from the environment.
    Signed,
    /// There is no key.
    Unsigned,
}

/// How long the caller waits for a bucket that is down or busy.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer.
    pub answer: Duration,
    /// For all tries together.
    pub all: Duration,
    /// Tries after the first.
    pub retries: usize,
}

impl Patience {
    /// For a job that lists pages and reads objects of up to 10 MiB.
    pub const JOB: Self =
        Self { answer: Duration::from_mins(2), all: Duration::from_secs(20), retries: 4 };
    /// For a request that waits.
    pub const REQUEST: Self =
        Self { answer: Duration::from_secs(8), all: Duration::from_secs(8), retries: 1 };
}

/// A bucket that can be called.
#[derive(Debug)]
pub struct Client {
    store: AmazonS3,
    bucket: String,
    endpoint: String,
    signing: Signing,
}

impl Client {
    /// Calls nothing yet. `http` must not follow redirects: a signature is for
    /// one address.
    ///
    /// # Errors
    ///
    /// The library refuses the settings.
    pub fn new(
        address: &BucketAddress,
        settings: &BucketSettings,
        http: reqwest::Client,
        patience: Patience,
    ) -> Result<Self, BucketError> {
        let bucket = address.bucket().to_owned();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket)
            .with_region(&settings.region)
            .with_http_connector(Connector { client: http, timeout: patience.answer })
            // Not every server knows the request that deletes many.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: patience.retries,
                retry_timeout: patience.all,
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

    pub const fn store(&self) -> &AmazonS3 {
        &self.store
    }

    /// That the bucket itself is missing.
    pub fn no_bucket(&self) -> BucketError {
        BucketError::NoBucket { bucket: self.bucket.clone(), endpoint: self.endpoint.clone() }
    }

    /// What an error of [`store`](Self::store) means.
    pub fn error(&self, error: &object_store::Error) -> BucketError {
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
            StatusCode::NOT_FOUND if code == Some("NoSuchBucket") => self.no_bucket(),
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
