//! The images of a photo. They never change, and no one else may keep them.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use munjigi_store::photos;

use super::id;
use crate::page_error::PageError;
use crate::requester::AskingUser;

/// A JPEG of 128 × 128.
pub async fn tile(asking: AskingUser, Path(photo): Path<String>) -> Result<Response, PageError> {
    let photo = id(&photo).ok_or(PageError::nothing_here())?;
    let tiles = photos::tiles(&asking.app.pool, &[photo]).await?;
    answer(tiles.into_iter().next().map(|(_, tile)| tile))
}

/// A JPEG of 480 × 320.
pub async fn picture(asking: AskingUser, Path(photo): Path<String>) -> Result<Response, PageError> {
    let photo = id(&photo).ok_or(PageError::nothing_here())?;
    answer(photos::picture(&asking.app.pool, &photo).await?)
}

fn answer(image: Option<Vec<u8>>) -> Result<Response, PageError> {
    let image = image.ok_or(PageError::nothing_here())?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
    ];
    Ok((headers, image).into_response())
}
