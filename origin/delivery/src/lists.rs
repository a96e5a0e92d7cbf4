//! Fetches the files of published lists, through the guarded client. When to
//! fetch, and whether a file is good, is decided elsewhere.

use std::time::Duration;

use munjigi_domain::lists::FetchFault;
use munjigi_domain::reach::Reach;
use reqwest::{Client, StatusCode, header};

use crate::http_client::{CallError, Lookup, guarded, system_lookup};

/// For a whole file, from a slow server.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest file that is read.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// An `ETag` that is longer is not kept.
const MAX_ETAG_CHARS: usize = 256;

/// Fetches files.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// A file that differs from the one named by its `ETag`.
    New {
        bytes: Vec<u8>,
        /// What the server calls it.
        etag: Option<String>,
    },
    /// The one that was named.
    Unchanged,
}

impl Fetcher {
    /// With the system's resolver.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        Self::looking_up(reach, system_lookup())
    }

    /// With another resolver.
    pub fn looking_up(reach: Reach, lookup: Lookup) -> Result<Self, reqwest::Error> {
        Ok(Self { client: guarded(reach, lookup, FETCH_TIMEOUT)? })
    }

    /// Fetches a file, unless it is still the one that was named. Redirects are
    /// not followed.
    pub async fn fetch(&self, url: &str, etag: Option<&str>) -> Result<File, FetchFault> {
        let mut request = self.client.get(url);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut response = request.send().await.map_err(|error| fault(&error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(File::Unchanged),
            status => return Err(FetchFault::Status { status: status.as_u16() }),
        }
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.filter(|etag| etag.len() <= MAX_ETAG_CHARS).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if bytes.len() + chunk.len() > MAX_FILE_BYTES {
                return Err(FetchFault::TooLong { most: MAX_FILE_BYTES });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(File::New { bytes, etag })
    }
}

fn fault(error: &reqwest::Error) -> FetchFault {
    match CallError::of(error) {
        CallError::NotPublic => FetchFault::NotPublic,
        CallError::Timeout => FetchFault::Timeout { seconds: FETCH_TIMEOUT.as_secs() },
        CallError::Unreachable(reason) => FetchFault::Unreachable { reason },
    }
}
