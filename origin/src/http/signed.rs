//! Calls of the edge: body read under its cap, signature checked. Whether the
//! nonce is new is decided in the transaction that uses it.

use axum::extract::Request;
use munjigi_captcha::signature::{self, Audience, Nonce, SignedRequest};
use munjigi_protocol::{Code, Route, headers};
use serde::de::DeserializeOwned;

use super::{App, Refused};

/// A call that the edge signed.
#[derive(Debug)]
pub struct Signed {
    /// To be used once.
    pub nonce: Nonce,
    body: Vec<u8>,
}

impl Signed {
    /// Reads and checks a request.
    pub async fn read(app: &App, route: &Route, request: Request) -> Result<Self, Refused> {
        let _place = app.admission.reading()?;
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, route.max_body_bytes).await.map_err(|error| {
            // A caller that went away hears nothing anyway.
            tracing::debug!(%error, "body not read");
            let detail = format!("the body is longer than {} bytes", route.max_body_bytes);
            Refused::new(Code::PayloadTooLarge, detail)
        })?;
        let signed = SignedRequest {
            audience: Audience::Origin,
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            body: &body,
        };
        let header = head.headers.get(headers::SIGNATURE);
        // A header that is not ASCII is there, but matches nothing.
        let header = header.map(|value| value.to_str().unwrap_or("?"));
        let nonce = signature::verify(&app.ring, header, &signed, app.clock.now())
            .map_err(|error| Refused::new(error.code(), error.to_string()))?;
        Ok(Self { nonce, body: body.into() })
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refused::new(Code::MalformedRequest, format!("the body: {error}")))
    }
}
