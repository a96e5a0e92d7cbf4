//! Calls a bucket with the program's HTTP client, which has its TLS.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::{Client, Request, StatusCode};

/// Bytes to read of an error answer.
const ENOUGH_BYTES: usize = 16 * 1024;

/// Passes the client to the library.
#[derive(Debug, Clone)]
pub struct Connector {
    pub client: Client,
    /// For one answer, with its body.
    pub timeout: Duration,
}

#[derive(Debug, thiserror::Error)]
#[error("{status}")]
pub struct Refusal {
    pub status: StatusCode,
    /// The bucket's region, if the server says so.
    pub region: Option<String>,
    /// The beginning of the body.
    pub body: String,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        // In one piece, so that its length stands before it.
        let body = body.collect().await?.to_bytes();
        let request = http::Request::from_parts(parts, reqwest::Body::from(body));
        let mut request = Request::try_from(request).map_err(error)?;
        *request.timeout_mut() = Some(self.timeout);
        let answer = self.client.execute(request).await.map_err(error)?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        let answer: http::Response<reqwest::Body> = answer.into();
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(error))))
    }
}

/// Turned into an error, because the library would keep the status to itself.
/// It retries after transient ones.
async fn refused(mut answer: reqwest::Response) -> HttpError {
    let status = answer.status();
    let region = answer.headers().get("x-amz-bucket-region");
    let region = region.and_then(|region| region.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < ENOUGH_BYTES {
        let Ok(Some(chunk)) = answer.chunk().await else { break };
        body.extend_from_slice(&chunk);
    }
    let passes = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    let kind = if passes { HttpErrorKind::Interrupted } else { HttpErrorKind::Unknown };
    let body = String::from_utf8_lossy(&body).into_owned();
    HttpError::new(kind, Refusal { status, region, body })
}

/// The library retries after all of these except the last.
fn error(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_request() || error.is_body() || error.is_decode() {
        HttpErrorKind::Interrupted
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(kind, error.without_url())
}
