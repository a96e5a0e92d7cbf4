//! Signed calls: the header is checked before any of the body is read; then the
//! body is read under its cap, in time, and checked against what was signed.
//! Each service's own store checks whether the nonce is new.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{AudienceKeys, Head, SignatureError, Signed};
use munjigi_protocol::{Route, headers};

/// Why the body of a signed call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Longer than its route accepts.
    #[error("the body is longer than {max_body_bytes} bytes")]
    TooLong {
        /// The route's cap, in bytes.
        max_body_bytes: usize,
    },
    /// The body did not arrive in time.
    #[error("the body did not arrive within {seconds} s")]
    TooSlow {
        /// How long the service waited, in seconds.
        seconds: u64,
    },
    /// The body differs from the one that was signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Checks the signature of a request's head.
pub fn verify(
    keys: &AudienceKeys,
    head: &Parts,
    now: UnixMillis,
) -> Result<Signed, SignatureError> {
    let header = head.headers.get(headers::SIGNATURE);
    // A header that is not ASCII is present but matches nothing.
    let header = header.map(|value| value.to_str().unwrap_or("?"));
    let head = Head {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
    };
    keys.verify(header, &head, now)
}

/// Reads the body of a call whose head was signed.
pub async fn read(
    body: Body,
    route: &Route,
    signed: &Signed,
    within: Duration,
) -> Result<Bytes, BodyError> {
    let max_body_bytes = route.max_body_bytes;
    let reading = tokio::time::timeout(within, axum::body::to_bytes(body, max_body_bytes)).await;
    let read = reading.map_err(|_| BodyError::TooSlow { seconds: within.as_secs() })?;
    let body = read.map_err(|error| {
        // A caller that went away hears nothing anyway.
        tracing::debug!(%error, "body not read");
        BodyError::TooLong { max_body_bytes }
    })?;
    signed.check(&body)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};
    use munjigi_keys::KeyRing;
    use munjigi_keys::signature::{Audience, Nonce};
    use munjigi_protocol::routes;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn keys(audience: Audience) -> AudienceKeys {
        let ring = KeyRing::parse("t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        AudienceKeys::derive(&ring, audience)
    }

    /// The head of a call with this signature.
    fn head(signature: Option<HeaderValue>) -> Parts {
        let mut request = Request::post("/internal/events?a=b").body(()).unwrap();
        if let Some(signature) = signature {
            request.headers_mut().insert(headers::SIGNATURE, signature);
        }
        request.into_parts().0
    }

    fn signature() -> HeaderValue {
        let head = Head { method: "POST", path: "/internal/events", query: "a=b" };
        let keys = keys(Audience::Origin);
        keys.sign(&head, b"body", NOW, Nonce([7; 16])).parse().unwrap()
    }

    fn signed() -> Signed {
        verify(&keys(Audience::Origin), &head(Some(signature())), NOW).unwrap()
    }

    async fn taken(body: Body, route: &Route) -> Result<Bytes, BodyError> {
        read(body, route, &signed(), Duration::from_secs(10)).await
    }

    #[test]
    fn a_call_is_accepted_only_by_its_audience() {
        let head = head(Some(signature()));
        assert_eq!(signed().nonce, Nonce([7; 16]));
        let elsewhere = verify(&keys(Audience::Gpu), &head, NOW);
        assert_eq!(elsewhere, Err(SignatureError::Invalid));
    }

    #[test]
    fn a_header_that_is_not_ascii_is_wrong_and_not_absent() {
        let verify = |head| verify(&keys(Audience::Origin), &head, NOW);
        assert_eq!(verify(head(None)), Err(SignatureError::Unsigned));
        let strange = HeaderValue::from_bytes(b"k=\xff").unwrap();
        assert_eq!(verify(head(Some(strange))), Err(SignatureError::Invalid));
    }

    #[tokio::test]
    async fn a_body_is_taken_as_it_was_signed_and_up_to_its_routes_cap() {
        let route = Route { max_body_bytes: 4, ..routes::EVENTS };
        assert_eq!(taken(Body::from("body"), &route).await.unwrap(), "body");
        let refused = taken(Body::from("bodies"), &route).await.unwrap_err();
        assert_eq!(refused.to_string(), "the body is longer than 4 bytes");
        let other = taken(Body::from("else"), &route).await;
        assert_eq!(other, Err(BodyError::Signature(SignatureError::Invalid)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(taken(never, &routes::EVENTS).await, Err(BodyError::TooSlow { seconds: 10 }));
    }
}
