//! `POST …/notifications/change`: pauses, resumes and deletes a webhook.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use munjigi_domain::accounts::Id;
use munjigi_store::transact;
use munjigi_store::webhooks::{ChangeWebhook, WebhookChange};
use serde::Deserialize;

use super::back;
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Debug, Deserialize)]
pub struct ChangeWebhookForm {
    webhook: String,
    change: String,
}

pub async fn submit(
    asking: Asking,
    fields: Result<Form<ChangeWebhookForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(ChangeWebhookForm { webhook, change }) = fields.map_err(|_| PageError::malformed())?;
    let id: Id = webhook.parse().map_err(|_| PageError::malformed())?;
    let (change, done) = match change.as_str() {
        "pause" => (WebhookChange::Pause, "paused"),
        "resume" => (WebhookChange::Resume, "resumed"),
        "delete" => (WebhookChange::Delete, "deleted"),
        _ => return Err(PageError::malformed()),
    };
    let (organisation, actor) = (asking.organisation(), &asking.actor());
    let now = asking.app.clock.now();
    let unit = ChangeWebhook { id: &id, organisation, change, actor, now };
    transact(&asking.app.pool, &unit).await?.map_err(|_| PageError::nothing_here())?;
    Ok(back(&asking, done))
}
