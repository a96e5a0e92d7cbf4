//! Signed calls: a body is read under its cap, then the signature is checked.
//! Whether the nonce is new is for each service's own store to say.

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use munjigi_captcha::signature::{self, Audience, Nonce, SignatureError, SignedRequest};
use munjigi_captcha::{KeyRing, UnixMillis};
use munjigi_protocol::{Route, headers};

/// A body that is longer than its route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is longer than {max_body_bytes} bytes")]
pub struct TooLong {
    /// What the route takes.
    pub max_body_bytes: usize,
}

/// Reads a whole body.
pub async fn read(body: Body, route: &Route) -> Result<Bytes, TooLong> {
    let max_body_bytes = route.max_body_bytes;
    axum::body::to_bytes(body, max_body_bytes).await.map_err(|error| {
        // A caller that went away hears nothing anyway.
        tracing::debug!(%error, "body not read");
        TooLong { max_body_bytes }
    })
}

/// Checks the signature of a call that was meant for `audience`.
pub fn verify(
    ring: &KeyRing,
    audience: Audience,
    head: &Parts,
    body: &[u8],
    now: UnixMillis,
) -> Result<Nonce, SignatureError> {
    let request = SignedRequest {
        audience,
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        body,
    };
    let header = head.headers.get(headers::SIGNATURE);
    // A header that is not ASCII is there, but matches nothing.
    let header = header.map(|value| value.to_str().unwrap_or("?"));
    signature::verify(ring, header, &request, now)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};
    use munjigi_protocol::routes;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn ring() -> KeyRing {
        KeyRing::parse("t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap()
    }

    /// The head of a call with this signature.
    fn head(signature: Option<HeaderValue>) -> Parts {
        let mut request = Request::post("/internal/events?a=b").body(()).unwrap();
        if let Some(signature) = signature {
            request.headers_mut().insert(headers::SIGNATURE, signature);
        }
        request.into_parts().0
    }

    fn signature(audience: Audience) -> HeaderValue {
        let request = SignedRequest {
            audience,
            method: "POST",
            path: "/internal/events",
            query: "a=b",
            body: b"body",
        };
        let text = signature::sign(&ring(), &request, NOW, Nonce([7; 16]));
        text.parse().unwrap()
    }

    #[test]
    fn a_call_is_taken_as_it_was_signed_and_by_whom_it_is_for() {
        let head = head(Some(signature(Audience::Origin)));
        let verify = |audience, body| verify(&ring(), audience, &head, body, NOW);
        assert_eq!(verify(Audience::Origin, b"body"), Ok(Nonce([7; 16])));
        assert_eq!(verify(Audience::Gpu, b"body"), Err(SignatureError::Invalid));
        assert_eq!(verify(Audience::Origin, b"other"), Err(SignatureError::Invalid));
    }

    #[test]
    fn a_header_that_is_not_ascii_is_wrong_and_not_absent() {
        let verify = |head| verify(&ring(), Audience::Origin, &head, b"body", NOW);
        assert_eq!(verify(head(None)), Err(SignatureError::Unsigned));
        let strange = HeaderValue::from_bytes(b"k=\xff").unwrap();
        assert_eq!(verify(head(Some(strange))), Err(SignatureError::Invalid));
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_routes_cap() {
        let route = Route { max_body_bytes: 4, ..routes::EVENTS };
        assert_eq!(read(Body::from("1234"), &route).await.unwrap(), "1234");
        let refused = read(Body::from("12345"), &route).await.unwrap_err();
        assert_eq!(refused.to_string(), "the body is longer than 4 bytes");
    }
}
