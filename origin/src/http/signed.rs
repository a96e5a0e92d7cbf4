//! Calls of the edge: body read under its cap, signature checked. Whether the
//! nonce is new is decided in the transaction that uses it.

use axum::body::Bytes;
use axum::extract::Request;
use munjigi_captcha::signature::{Audience, Nonce};
use munjigi_protocol::{Code, Route};
use munjigi_service::signed;
use serde::de::DeserializeOwned;

use super::{App, Refused};

/// A call that the edge signed.
#[derive(Debug)]
pub struct Signed {
    /// To be used once.
    pub nonce: Nonce,
    body: Bytes,
}

impl Signed {
    /// Reads and checks a request.
    pub async fn read(app: &App, route: &Route, request: Request) -> Result<Self, Refused> {
        let _place = app.admission.reading()?;
        let (head, body) = request.into_parts();
        let body = signed::read(body, route)
            .await
            .map_err(|error| Refused::new(Code::PayloadTooLarge, error.to_string()))?;
        let nonce = signed::verify(&app.ring, Audience::Origin, &head, &body, app.clock.now())
            .map_err(|error| Refused::new(error.code(), error.to_string()))?;
        Ok(Self { nonce, body })
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refused::new(Code::MalformedRequest, format!("the body: {error}")))
    }
}
