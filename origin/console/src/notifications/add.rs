//! `POST …/notifications/add`: adds a webhook. Its secret is shown only in this
//! response.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::Id;
use munjigi_domain::webhooks::{Endpoint, MOST_WEBHOOKS, WebhookSecret};
use munjigi_i18n::Texts;
use munjigi_store::transact;
use munjigi_store::webhooks::{AddWebhook, WebhookRefused, vault_row};
use serde::Deserialize;

use super::{Said, page};
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "webhook-made.html")]
struct Page {
    frame: Frame,
    url: String,
    secret: String,
}

#[derive(Debug, Deserialize)]
pub struct AddWebhookForm {
    url: String,
}

pub async fn submit(
    asking: Asking,
    fields: Result<Form<AddWebhookForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(AddWebhookForm { url }) = fields.map_err(|_| PageError::malformed())?;
    let app = &asking.app;
    let console = &app.console;
    let endpoint = match Endpoint::parse(&url, app.hooks.reach()) {
        Ok(endpoint) => endpoint,
        Err(mistake) => {
            return refuse(&asking, mistake.text(asking.t()).into(), url).await;
        }
    };
    let (id, secret) = (Id::draw(&app.entropy), WebhookSecret::draw(&app.entropy));
    let sealed = console.vault.close(&vault_row(&id), secret.as_bytes(), &app.entropy);
    let unit = AddWebhook {
        id: &id,
        organisation: asking.organisation(),
        endpoint: &endpoint,
        secret: &sealed,
        actor: &asking.actor(),
        now: app.clock.now(),
    };
    if let Err(refused) = transact(&app.pool, &unit).await? {
        return refuse(&asking, refusal(asking.t(), refused), url).await;
    }
    let frame = asking.frame(asking.t().get("webhook-made-title"), Entry::Notifications);
    let (url, secret) = (endpoint.as_str().to_owned(), secret.reveal().to_string());
    Ok((StatusCode::CREATED, render(&Page { frame, url, secret })?).into_response())
}

async fn refuse(asking: &Asking, mistake: String, url: String) -> Result<Response, PageError> {
    page(asking, None, Said { mistake: Some(mistake), url, tested: None }).await
}

fn refusal(t: Texts, refused: WebhookRefused) -> String {
    let text = match refused {
        WebhookRefused::Unknown => t.get("webhook-refused-unknown"),
        WebhookRefused::Taken => t.get("webhook-refused-taken"),
        WebhookRefused::TooMany => t.get("webhook-refused-too-many").count("most", MOST_WEBHOOKS),
    };
    text.into()
}
