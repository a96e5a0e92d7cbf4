//! Calls of the edge: the signature is checked before capacity is reserved and
//! a body is read. Whether the nonce is new is decided in the transaction that
//! uses it.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Request;
use munjigi_keys::signature::{Nonce, SignatureError};
use munjigi_process::signed::{self, BodyError};
use munjigi_protocol::{Code, Route};
use serde::de::DeserializeOwned;

use crate::{App, Refused};

/// A body that takes longer to arrive is dropped; the edge retries.
const READ_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Signed {
    /// Must be used once, in the transaction.
    pub nonce: Nonce,
    body: Bytes,
}

impl Signed {
    pub async fn read(app: &App, route: &Route, request: Request) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        let signed = signed::verify(&app.calls, &head, app.clock.now())?;
        let _place = app.admission.reading()?;
        let body = signed::read(body, route, &signed, READ_WITHIN).await?;
        Ok(Self { nonce: signed.nonce, body })
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refused::new(Code::MalformedRequest, format!("the body: {error}")))
    }
}

impl From<SignatureError> for Refused {
    fn from(error: SignatureError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<BodyError> for Refused {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLong { .. } => Code::PayloadTooLarge,
            BodyError::TooSlow { .. } => Code::MalformedRequest,
            BodyError::Signature(error) => error.code(),
        };
        Self::new(code, error.to_string())
    }
}
