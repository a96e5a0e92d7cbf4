//! What a page is told after a form was submitted.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;

/// Which notice to show, by the query `done`. A query that cannot be read shows
/// none.
#[derive(Debug)]
pub struct Done(pub Option<String>);

#[derive(Deserialize)]
struct Fields {
    done: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Done {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let read = Query::<Fields>::try_from_uri(&parts.uri);
        Ok(Self(read.ok().and_then(|Query(fields)| fields.done)))
    }
}
