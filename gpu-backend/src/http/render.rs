//! `POST /v1/render`: pictures from seeds, with their answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use munjigi_protocol::{RenderReply, RenderRequest, Rendering, routes};
use munjigi_scene::Seed;

use super::answer::Refusals;
use super::call::{Call, CallQuery};
use super::inference::named;
use super::judge::judge;
use super::{App, Code, Refused};
use crate::draw::{Ask, Drawn};

/// Most pictures of one call.
const MOST: usize = 16;

/// Draws pictures from seeds.
#[utoipa::path(
    post,
    operation_id = "render",
    path = routes::RENDER.path,
    params(CallQuery),
    request_body = RenderRequest,
    responses(
        (status = 200, description = "The pictures with their solutions", body = RenderReply),
        Refusals
    ),
    security(("signature" = []))
)]
pub async fn handler(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<RenderReply>, Refused> {
    let call = Call::read(&app, &routes::RENDER, request).await?;
    let wanted: RenderRequest = serde_json::from_slice(&call.body)
        .map_err(|error| Refused::new(Code::MalformedRequest, format!("the body: {error}")))?;
    let asks = asks(&wanted.pictures)?;
    if let Some(model) = &wanted.judge {
        // Checked before anything is drawn in vain.
        app.serving.fleet().choose(&named(Some(model))?)?;
    }
    let drawing = app.studio.submit(asks, call.terms.priority, call.terms.deadline)?;
    let mut drawn = Vec::with_capacity(wanted.pictures.len());
    for picture in drawing {
        drawn.push(picture.finished().await?);
    }
    let pictures = match &wanted.judge {
        Some(model) => judge(&app, &call, model, drawn).await?,
        None => drawn.into_iter().map(|Drawn { picture, .. }| picture).collect(),
    };
    Ok(Json(RenderReply { pictures, drawn_by: "cpu".to_owned() }))
}

fn asks(pictures: &[Rendering]) -> Result<Vec<Ask>, Refused> {
    if !(1..=MOST).contains(&pictures.len()) {
        let detail = format!("the body: 1 to {MOST} pictures can be drawn at a time");
        return Err(Refused::new(Code::MalformedRequest, detail));
    }
    pictures
        .iter()
        .map(|Rendering { picture_type, seed }| {
            let bytes = data_encoding::HEXLOWER.decode(seed.as_bytes()).ok();
            let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
                let detail = "the body: a seed must be 64 lower-case hex digits";
                Refused::new(Code::MalformedRequest, detail)
            })?;
            Ok(Ask { picture_type: *picture_type, seed: Seed(bytes), seed_text: seed.clone() })
        })
        .collect()
}
