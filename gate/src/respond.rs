//! A response of the routes as one of HTTP.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response as HttpResponse;
use munjigi_protocol::headers;
use munjigi_serving::answer::{self, COMMON_HEADERS, Response};

/// Writes a response.
pub fn respond(response: Response<Bytes>) -> HttpResponse {
    let body = match response.body {
        answer::Body::Empty => Body::empty(),
        answer::Body::Text(text) => Body::from(text),
        answer::Body::Bytes(bytes) => Body::from(bytes),
    };
    let mut written = HttpResponse::new(body);
    *written.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let all = written.headers_mut();
    for (name, value) in COMMON_HEADERS {
        all.extend(
            HeaderName::try_from(name).ok().map(|name| (name, HeaderValue::from_static(value))),
        );
    }
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static(response.content_type));
    all.extend(
        HeaderValue::try_from(response.cache_control.as_ref())
            .ok()
            .map(|value| (header::CACHE_CONTROL, value)),
    );
    let id = HeaderName::try_from(headers::REQUEST_ID);
    all.extend(id.ok().zip(HeaderValue::try_from(response.request_id).ok()));
    for (name, value) in response.headers {
        if let Ok((name, value)) = pair(name, &value) {
            // There may be several of these alone.
            if name == header::SET_COOKIE {
                all.append(name, value);
            } else {
                all.insert(name, value);
            }
        }
    }
    written
}

fn pair(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), axum::http::Error> {
    Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value)?))
}

#[cfg(test)]
mod tests {
    use munjigi_serving::answer::{Answer, CacheRule};

    use super::*;

    #[test]
    fn headers_of_an_answer_replace_those_that_all_have() {
        let answer = Answer::html(404, "<p>".into(), CacheRule::Public { seconds: 60 })
            .with_header("Referrer-Policy", "origin".into());
        let written = respond(answer.into_response(None, "id".into(), format_args!("")));
        assert_eq!(written.status(), 404);
        let header = |name: &str| written.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "public, max-age=60");
        assert_eq!(header("referrer-policy"), "origin");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("munjigi-request-id"), "id");
    }
}
