//! What a page is told after a form was submitted.
//!
//! **flash**: the notice that a page shows after a form was submitted.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;

/// Which notice to show, by the query `done`. A query that cannot be read shows
/// none.
#[derive(Debug)]
pub struct Flash(pub Option<String>);

#[derive(Deserialize)]
struct FlashQuery {
    done: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Flash {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let read = Query::<FlashQuery>::try_from_uri(&parts.uri);
        Ok(Self(read.ok().and_then(|Query(fields)| fields.done)))
    }
}
