//! Request input: JSON bodies, images, and the requested part of a list.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use data_encoding::BASE64URL_NOPAD;
use munjigi_app::ConsoleApp;
use munjigi_protocol::routes::PREDICT;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refusal::{ApiCode, ApiRefused};

/// Largest JSON body. The entries of a list are the longest field.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// What an image may be.
pub const IMAGE_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
/// Default page size of a list.
const PAGE: u16 = 50;
const MAX_PAGE: u16 = 200;
const MAX_CURSOR: usize = 200;

/// A JSON body. Unknown fields are refused, because a misspelt one would
/// otherwise be ignored.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<ConsoleApp> for Body<T> {
    type Rejection = ApiRefused;

    async fn from_request(request: Request, app: &ConsoleApp) -> Result<Self, ApiRefused> {
        if !is_json(request.headers()) {
            let detail = "send JSON with `Content-Type: application/json`";
            return Err(ApiRefused::new(ApiCode::UnsupportedMediaType, detail));
        }
        let body =
            Bytes::from_request(request, app).await.map_err(|_| too_large(MAX_BODY_BYTES))?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| ApiRefused::new(ApiCode::MalformedRequest, format!("body: {error}")))
    }
}

/// Longer than the route's bodies.
pub fn too_large(most: usize) -> ApiRefused {
    let detail = format!("the body must be at most {} KiB", most / 1024);
    ApiRefused::new(ApiCode::PayloadTooLarge, detail)
}

/// An image as the body, of one of `IMAGE_TYPES`.
#[derive(Debug)]
pub struct Image {
    /// As its first bytes say.
    pub content_type: &'static str,
    pub bytes: Bytes,
}

impl FromRequest<ConsoleApp> for Image {
    type Rejection = ApiRefused;

    async fn from_request(request: Request, app: &ConsoleApp) -> Result<Self, ApiRefused> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|_| too_large(PREDICT.max_body_bytes))?;
        let content_type = image_type(&bytes).ok_or_else(|| {
            let detail = "send the bytes of a JPEG, PNG or WebP image as the body";
            ApiRefused::new(ApiCode::UnsupportedMediaType, detail)
        })?;
        Ok(Self { content_type, bytes })
    }
}

fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(IMAGE_TYPES[0]),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(IMAGE_TYPES[1]),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(IMAGE_TYPES[2]),
        _ => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// The requested part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The item before the first one; `None` for the start of the list.
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
    limit: Option<u16>,
}

impl FromRequestParts<ConsoleApp> for PageRequest {
    type Rejection = ApiRefused;

    async fn from_request_parts(head: &mut Parts, _: &ConsoleApp) -> Result<Self, ApiRefused> {
        let malformed = |detail: &'static str| ApiRefused::new(ApiCode::MalformedRequest, detail);
        let asked: Query<Asked> = Query::try_from_uri(&head.uri).map_err(|_| {
            malformed("limit must be a number from 1 to 200; cursor must be a `next_cursor`")
        })?;
        let Query(Asked { cursor, limit }) = asked;
        let limit = limit.unwrap_or(PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(malformed("limit must be from 1 to 200"));
        }
        let after = cursor.map(|cursor| read_cursor(&cursor)).transpose()?;
        Ok(Self { after, limit: usize::from(limit) })
    }
}

fn read_cursor(text: &str) -> Result<String, ApiRefused> {
    let read = (text.len() <= MAX_CURSOR).then(|| BASE64URL_NOPAD.decode(text.as_bytes()).ok());
    read.flatten().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        ApiRefused::new(ApiCode::MalformedRequest, "cursor: send `next_cursor` unchanged")
    })
}

impl PageRequest {
    /// One more than requested, to know whether a next page exists.
    pub fn probe(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX) + 1
    }

    /// Builds the page from the rows that `probe` asked for.
    pub fn list<R, T>(
        &self,
        mut rows: Vec<R>,
        name: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> List<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| more).map(name);
        let next_cursor = last.map(|last| BASE64URL_NOPAD.encode(last.as_bytes()));
        List { data: rows.into_iter().map(show).collect(), next_cursor }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// Items in order.
    pub data: Vec<T>,
    /// Send this as `cursor` to get the next page. Null on the last page.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A list that is complete.
    pub const fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_whether_there_is_more() {
        let part = PageRequest { after: None, limit: 2 };
        let list = part.list(vec![1, 2, 3], ToString::to_string, |row| row);
        assert_eq!(list.data, [1, 2]);
        let cursor = list.next_cursor.unwrap();
        assert_eq!(read_cursor(&cursor).unwrap(), "2");
        let end = part.list(vec![3], ToString::to_string, |row| row);
        assert_eq!((end.data, end.next_cursor), (vec![3], None));
    }

    #[test]
    fn images_are_recognised_by_their_bytes() {
        assert_eq!(image_type(b"\xff\xd8\xff\xe0JFIF"), Some("image/jpeg"));
        assert_eq!(image_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(image_type(b"RIFF....WEBPVP8 "), Some("image/webp"));
        for other in [&b""[..], b"GIF89a", b"<svg/>", b"RIFF....WAVE", b"\xff\xd8"] {
            assert_eq!(image_type(other), None);
        }
    }

    #[test]
    fn cursors_that_are_not_ours_are_refused() {
        for text in ["=", "/////", "_w", &"A".repeat(201)] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }
}
