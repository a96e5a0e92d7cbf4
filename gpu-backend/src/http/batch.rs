//! `POST /v1/predict/batch`: a model's results for several images, each a part
//! of a multipart form. If one is refused, all are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::header;
use munjigi_protocol::{PredictReply, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Refusals;
use super::call::{Call, CallQuery, ModelQuery};
use super::inference::{Upload, infer};
use super::{App, Code, Refused};
use crate::clock::Stopwatch;

/// Most images of one call.
const MOST: usize = 32;

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchReply {
    /// In the order of the parts.
    predictions: Vec<PredictReply>,
}

/// Asks a model about several images.
#[utoipa::path(
    post,
    operation_id = "predict_batch",
    path = routes::PREDICT_BATCH.path,
    params(CallQuery, ModelQuery),
    request_body(
        content_type = "multipart/form-data",
        description = "One image per part; at most 32 images, 10 MB each and 32 MB in total"
    ),
    responses(
        (status = 200, description = "The model's result for each image", body = BatchReply),
        Refusals
    ),
    security(("signature" = []))
)]
pub async fn handler(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<BatchReply>, Refused> {
    let stopwatch = Stopwatch::start();
    let call = Call::read(&app, &routes::PREDICT_BATCH, request).await?;
    let uploads = uploads(&call).await?;
    let predictions = infer(&app, &call, uploads, stopwatch).await?;
    Ok(Json(BatchReply { predictions }))
}

/// The parts. The body is already complete: its signature was checked.
async fn uploads(call: &Call) -> Result<Vec<Upload>, Refused> {
    let malformed = |error: &dyn std::fmt::Display| {
        Refused::new(Code::MalformedRequest, format!("the body: {error}"))
    };
    let mut request = Request::new(Body::from(call.body.clone()));
    if let Some(content_type) = call.headers.get(header::CONTENT_TYPE) {
        request.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    }
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| malformed(&error))?;
    let mut uploads = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| malformed(&error))? {
        if uploads.len() == MOST {
            let detail = format!("at most {MOST} images are accepted at a time");
            return Err(Refused::new(Code::TooManyImages, detail));
        }
        let declared = part.content_type().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|error| malformed(&error))?;
        uploads.push(Upload { bytes, declared });
    }
    if uploads.is_empty() {
        return Err(Refused::new(Code::ImageMissing, Code::ImageMissing.meaning()));
    }
    Ok(uploads)
}
