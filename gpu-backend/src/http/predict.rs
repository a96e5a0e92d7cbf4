//! `POST /v1/predict`: a model's result for one image.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use munjigi_protocol::{PredictReply, routes};

use super::answer::Refusals;
use super::call::{Call, CallQuery, ModelQuery};
use super::inference::{Upload, infer};
use super::{App, Refused};
use crate::clock::Stopwatch;

/// Asks a model about one image.
#[utoipa::path(
    post,
    operation_id = "predict",
    path = routes::PREDICT.path,
    params(CallQuery, ModelQuery),
    request_body(
        content(("image/jpeg"), ("image/png"), ("image/webp")),
        description = "A still image of at most 10 MB"
    ),
    responses(
        (status = 200, description = "The model's result", body = PredictReply),
        Refusals
    ),
    security(("signature" = []))
)]
pub async fn handler(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<PredictReply>, Refused> {
    let stopwatch = Stopwatch::start();
    let call = Call::read(&app, &routes::PREDICT, request).await?;
    let declared = call.headers.get(header::CONTENT_TYPE);
    // A type that is not ASCII is on no list.
    let declared = declared.map(|value| value.to_str().unwrap_or("?").to_owned());
    let upload = Upload { bytes: call.body.clone(), declared };
    infer(&app, &call, upload, stopwatch).await.map(Json)
}
