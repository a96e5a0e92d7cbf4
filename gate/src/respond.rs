//! A response of the routes as one of HTTP.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
    all.clone_from(&COMMON);
    all.reserve(response.headers.len() + 4);
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static(response.content_type));
    let cache_control = match response.cache_control {
        Cow::Borrowed(text) => Some(HeaderValue::from_static(text)),
        Cow::Owned(text) => HeaderValue::try_from(text).ok(),
    };
    all.extend(cache_control.map(|value| (header::CACHE_CONTROL, value)));
    all.extend(known(headers::REQUEST_ID).zip(HeaderValue::try_from(response.request_id).ok()));
    for (name, value) in response.headers {
        let value = match value {
            Cow::Borrowed(text) => HeaderValue::from_str(text),
            Cow::Owned(text) => HeaderValue::try_from(text),
        };
        if let Some((name, value)) = known(name).zip(value.ok()) {
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

static COMMON: LazyLock<HeaderMap> = LazyLock::new(|| {
    let all = COMMON_HEADERS.into_iter();
    all.filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_static(value))))
        .collect()
});

/// The names of most answers, which are not read again for each of them.
static OFTEN: LazyLock<Vec<(&'static str, HeaderName)>> = LazyLock::new(|| {
    let own = [headers::REQUEST_ID, headers::LEVEL, headers::SCORE, headers::REASONS, headers::ID];
    own.into_iter().filter_map(|name| Some((name, HeaderName::try_from(name).ok()?))).collect()
});

fn known(name: &str) -> Option<HeaderName> {
    let often = OFTEN.iter().find(|(known, _)| *known == name);
    often.map(|(_, name)| name.clone()).or_else(|| HeaderName::try_from(name).ok())
}

#[cfg(test)]
mod tests {
    use munjigi_serving::answer::{Answer, CacheRule};

    use super::*;

    #[test]
    fn headers_of_an_answer_replace_those_that_all_have() {
        let answer = Answer::html(404, "<p>".into(), CacheRule::Public { seconds: 60 })
            .with_header("Referrer-Policy", "origin");
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
