//! What the fake edge and the fake gpu-backend do with a call before they answer
//! it: check its signature, and refuse.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use munjigi_keys::signature::{Audience, Head};
use munjigi_process::clock::Clock;
use munjigi_protocol::{Code, Problem, headers};

use super::calls;

/// Accepts a call with a valid signature.
pub async fn signed_rightly(
    State((audience, clock)): State<(Audience, Clock)>,
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let signed = Head {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
    };
    let header = head.headers.get(headers::SIGNATURE).and_then(|value| value.to_str().ok());
    let verified = calls(audience).verify(header, &signed, clock.now());
    match verified.and_then(|signed| signed.check(&body)) {
        Ok(()) => next.run(Request::from_parts(head, body.into())).await,
        Err(error) => refuse(error.code()),
    }
}

pub fn refuse(code: Code) -> Response {
    let status = code.http_status();
    let problem = Problem {
        type_uri: String::new(),
        title: String::new(),
        status,
        code,
        detail: String::new(),
        request_id: String::new(),
        clearance: None,
    };
    (StatusCode::from_u16(status).unwrap(), Json(problem)).into_response()
}
