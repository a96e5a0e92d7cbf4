//! A refusal on its way to the client. `answer` writes the document, because
//! only it knows the request's id.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_protocol::Code;
use munjigi_store::DatabaseError;

#[derive(Debug, Clone)]
pub struct Refused {
    pub code: Code,
    /// What is wrong in this request. No internals.
    pub detail: Cow<'static, str>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u32>,
}

impl Refused {
    /// A refusal without `Retry-After`.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), retry_after: None }
    }

    /// Too many requests at once.
    pub fn busy() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(Code::RateLimited, "the origin is at its limit of concurrent requests")
        }
    }

    /// A dependency of the response is unreachable.
    pub fn unavailable(detail: &'static str) -> Self {
        Self { retry_after: Some(5), ..Self::new(Code::Unavailable, detail) }
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// Every store error is our fault: the caller gets `unavailable` and keeps its
/// data, the operator reads the log.
impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "intake is waiting for Postgres");
        } else {
            tracing::error!(%error, "intake failed");
        }
        Self::unavailable("the records cannot be written now; retry")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
