//! A refusal before it is answered. `answer` writes the document, because only
//! it knows the request's id.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_keys::signature::SignatureError;
use munjigi_process::signed::BodyError;

use super::Code;
use crate::nonces::NonceError;
use crate::queued::{Full, NotDone};
use crate::serving::NotServed;
use crate::task::Misfit;
use crate::upload::ImageError;

/// Why a request is refused.
#[derive(Debug, Clone)]
pub struct Refused {
    pub code: Code,
    /// What is wrong with this request. No internals.
    pub detail: Cow<'static, str>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
}

impl Refused {
    /// A refusal that no retry resolves.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), retry_after: None }
    }

    /// A refusal that a later retry may resolve.
    pub fn later(code: Code, detail: impl Into<Cow<'static, str>>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(code, detail) }
    }

    /// Our fault; the log has the details.
    pub fn internal() -> Self {
        Self::new(Code::InternalError, Code::InternalError.meaning())
    }

    /// The caller no longer waits.
    pub fn deadline_passed() -> Self {
        Self::new(Code::DeadlinePassed, Code::DeadlinePassed.meaning())
    }
}

impl From<SignatureError> for Refused {
    fn from(error: SignatureError) -> Self {
        let code = match error {
            SignatureError::Unsigned => Code::Unsigned,
            SignatureError::Invalid => Code::SignatureInvalid,
            SignatureError::ClockSkew => Code::ClockSkew,
        };
        Self::new(code, error.to_string())
    }
}

impl From<BodyError> for Refused {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLong { .. } => Self::new(Code::PayloadTooLarge, error.to_string()),
            BodyError::TooSlow { .. } => Self::new(Code::MalformedRequest, error.to_string()),
            BodyError::Signature(error) => error.into(),
        }
    }
}

impl From<NonceError> for Refused {
    fn from(error: NonceError) -> Self {
        match error {
            NonceError::Replayed => Self::new(Code::Replayed, Code::Replayed.meaning()),
            NonceError::Full => {
                Self::later(Code::Unavailable, "the store of seen signatures is full", 60)
            }
        }
    }
}

impl From<Full> for Refused {
    fn from(full: Full) -> Self {
        Self::later(Code::QueueFull, full.to_string(), full.retry_after)
    }
}

impl From<NotDone> for Refused {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Late => Self::deadline_passed(),
            NotDone::Failed => Self::internal(),
        }
    }
}

impl From<NotServed> for Refused {
    fn from(error: NotServed) -> Self {
        match error {
            NotServed::Unknown(_) => Self::new(Code::ModelUnknown, error.to_string()),
            NotServed::Loading => Self::later(Code::Unavailable, error.to_string(), 2),
            NotServed::Unavailable(_) => Self::later(Code::ModelUnavailable, error.to_string(), 60),
        }
    }
}

impl From<ImageError> for Refused {
    fn from(error: ImageError) -> Self {
        let code = match error {
            ImageError::Missing => Code::ImageMissing,
            ImageError::Unsupported => Code::ImageTypeUnsupported,
            ImageError::Mismatch { .. } => Code::ImageTypeMismatch,
            ImageError::Malformed(_) => Code::ImageMalformed,
            ImageError::Truncated => Code::ImageTruncated,
            ImageError::Animated => Code::ImageAnimated,
            ImageError::TooLong => Code::PayloadTooLarge,
            ImageError::TooLarge { .. } => Code::ImageTooLarge,
            ImageError::TooCostly => Code::ImageTooCostly,
        };
        Self::new(code, error.to_string())
    }
}

/// For the operator to correct: manifest and network disagree.
impl From<Misfit> for Refused {
    fn from(error: Misfit) -> Self {
        tracing::error!(%error, "a model's numbers do not fit its manifest");
        Self::new(Code::ModelOutputMismatch, error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status());
        let mut response = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
