//! Why the API refuses a request: stable codes, and the problem document (RFC
//! 9457) that carries them. `answer` writes it, because only it knows the
//! request's id.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use munjigi_process::answer;
use munjigi_store::DatabaseError;
use serde::Serialize;
use utoipa::ToSchema;

use munjigi_app::ConsoleApp;
use munjigi_app::authentication::Denied;

/// A stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApiCode {
    /// The body, a parameter or a header cannot be read.
    MalformedRequest,
    /// No key or token, or not one of ours.
    Unauthenticated,
    /// Address, password or second factor is wrong.
    WrongCredentials,
    /// The account has a second factor, and none was sent.
    SecondFactorRequired,
    /// The access token is older than a quarter of an hour.
    TokenExpired,
    /// A refresh token came twice: its session is ended.
    RefreshTokenReused,
    /// The key ended by itself or was revoked.
    KeyEnded,
    /// The session is too old for such a sensitive change.
    ProofRequired,
    /// The caller may not do this.
    Forbidden,
    /// It does not exist, or the caller may not know that it does.
    NotFound,
    /// What is there stands in the way.
    Conflict,
    /// The organisation has as many sites as it may.
    TooManySites,
    /// The same request is under way, or was cut off.
    IdempotencyUnsettled,
    /// The thing has changed since the version that was named.
    VersionMismatch,
    /// Longer than any of ours.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The body says something that cannot be.
    Invalid,
    /// The key of another request.
    IdempotencyKeyReused,
    /// Too much in a short time.
    RateLimited,
    /// Too much in a day.
    QuotaExceeded,
    /// Ours: try again.
    Unavailable,
}

impl ApiCode {
    #[cfg(test)]
    pub const ALL: [Self; 21] = [
        Self::MalformedRequest,
        Self::Unauthenticated,
        Self::WrongCredentials,
        Self::SecondFactorRequired,
        Self::TokenExpired,
        Self::RefreshTokenReused,
        Self::KeyEnded,
        Self::ProofRequired,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::TooManySites,
        Self::IdempotencyUnsettled,
        Self::VersionMismatch,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::Unavailable,
    ];

    /// The code on the wire. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed-request",
            Self::Unauthenticated => "unauthenticated",
            Self::WrongCredentials => "wrong-credentials",
            Self::SecondFactorRequired => "second-factor-required",
            Self::TokenExpired => "token-expired",
            Self::RefreshTokenReused => "refresh-token-reused",
            Self::KeyEnded => "key-ended",
            Self::ProofRequired => "proof-required",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::TooManySites => "too-many-sites",
            Self::IdempotencyUnsettled => "idempotency-unsettled",
            Self::VersionMismatch => "version-mismatch",
            Self::PayloadTooLarge => "payload-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Invalid => "invalid",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::RateLimited => "rate-limited",
            Self::QuotaExceeded => "quota-exceeded",
            Self::Unavailable => "unavailable",
        }
    }

    pub const fn status(self) -> StatusCode {
        match self {
            Self::MalformedRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated
            | Self::WrongCredentials
            | Self::SecondFactorRequired
            | Self::TokenExpired
            | Self::RefreshTokenReused
            | Self::KeyEnded => StatusCode::UNAUTHORIZED,
            Self::ProofRequired | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict | Self::TooManySites | Self::IdempotencyUnsettled => {
                StatusCode::CONFLICT
            }
            Self::VersionMismatch => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited | Self::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[derive(Debug, Clone)]
pub struct ApiRefused {
    code: ApiCode,
    detail: Cow<'static, str>,
    mistakes: Vec<String>,
    retry_after: Option<u32>,
}

/// An error response (problem document).
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiProblem {
    /// Documentation page of the code.
    #[serde(rename = "type")]
    type_uri: String,
    /// The code in words, always the same.
    title: String,
    /// HTTP status.
    status: u16,
    /// The stable code.
    code: ApiCode,
    /// What is wrong in this request.
    detail: String,
    /// All mistakes in the body, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<String>,
    /// Request id, as in the header `Munjigi-Request-Id` and in the logs.
    request_id: String,
}

impl ApiRefused {
    /// `detail` says what is wrong in this request.
    pub fn new(code: ApiCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), mistakes: Vec::new(), retry_after: None }
    }

    /// The object does not exist, as far as the caller can see.
    pub fn nothing_here() -> Self {
        Self::new(
            ApiCode::NotFound,
            "not found, or it belongs to an organisation that this key or session has no access to",
        )
    }

    /// Reports every mistake at once.
    pub fn invalid(mistakes: Vec<String>) -> Self {
        let detail = match mistakes.as_slice() {
            [mistake] => mistake.clone(),
            mistakes => format!("{} mistakes; see `mistakes`", mistakes.len()),
        };
        Self { mistakes, ..Self::new(ApiCode::Invalid, detail) }
    }

    pub fn too_often(seconds: u32) -> Self {
        let detail = format!("too many requests; retry in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(ApiCode::RateLimited, detail) }
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Turns a response into the problem document.
    pub fn write(self, response: &mut Response, app: &ConsoleApp, request_id: &str) {
        let Self { code, detail, mistakes, retry_after } = self;
        let problem = ApiProblem {
            type_uri: format!("{}docs/api#{}", app.console.config.url, code.as_str()),
            title: answer::title(code.as_str()),
            status: code.status().as_u16(),
            code,
            detail: detail.into_owned(),
            mistakes,
            request_id: request_id.to_owned(),
        };
        answer::write_problem(response, &problem, retry_after.map(u64::from));
        if code.status() == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"munjigi\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        metrics::counter!("munjigi_api_refusals_total", "code" => code.as_str()).increment(1);
    }
}

impl From<DatabaseError> for ApiRefused {
    fn from(error: DatabaseError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the API is waiting for Postgres");
        } else {
            tracing::error!(%error, "an API request failed");
        }
        Self::new(ApiCode::Unavailable, "the database is unavailable; nothing was changed").after(5)
    }
}

impl From<Denied> for ApiRefused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::TooOften { seconds } => Self::too_often(seconds),
            Denied::Store(error) => error.into(),
            Denied::NotHashed => {
                Self::new(ApiCode::Unavailable, "the password could not be checked").after(5)
            }
        }
    }
}

impl IntoResponse for ApiRefused {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelt_the_same_everywhere() {
        for code in ApiCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }

    #[test]
    fn every_code_is_explained() {
        let page = include_str!("../../../docs/api.md");
        for code in ApiCode::ALL {
            assert!(page.contains(&format!("### `{}`\n", code.as_str())), "{}", code.as_str());
        }
    }
}
