//! `POST …/notifications/test`: posts a test message and shows the response.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use munjigi_delivery::notifications::{Answer, Outgoing};
use munjigi_domain::accounts::{Id, limits};
use munjigi_domain::webhooks::{DeliveryFailure, WebhookSecret, body_of_test};
use munjigi_store::limits::Taken;
use munjigi_store::transact;
use munjigi_store::webhooks::{self, WebhookResult};
use serde::Deserialize;

use super::{Said, page};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Debug, Deserialize)]
pub struct TestWebhookForm {
    webhook: String,
}

/// Result of a test.
#[derive(Debug)]
pub struct Tested {
    pub url: String,
    pub answer: Result<Answer, DeliveryFailure>,
}

impl Tested {
    /// Whether the receiver accepted the message.
    pub fn is_taken(&self) -> bool {
        self.answer.as_ref().is_ok_and(Answer::is_taken)
    }
}

pub async fn submit(
    asking: Asking,
    fields: Result<Form<TestWebhookForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(TestWebhookForm { webhook }) = fields.map_err(|_| PageError::malformed())?;
    let webhook: Id = webhook.parse().map_err(|_| PageError::malformed())?;
    let (app, organisation) = (&asking.app, asking.organisation());
    let console = &app.console;
    let now = app.clock.now();
    let found = webhooks::find(&app.pool, organisation, &webhook).await?;
    let (url, sealed) = found.ok_or(PageError::nothing_here())?;
    let limit = &limits::WEBHOOK_TESTS_BY_ORGANISATION;
    let taken = app.cache.limits.take(limit, organisation.as_str(), now).await?;
    if let Taken::Wait { seconds } = taken {
        return Err(PageError::too_often(seconds));
    }
    let opened = console.vault.open(&webhooks::vault_row(&webhook), &sealed).ok();
    let secret = opened.and_then(|bytes| WebhookSecret::of_bytes(bytes).ok());
    let secret = secret.ok_or_else(|| {
        tracing::error!(%webhook, "no key in MUNJIGI_CONSOLE_KEYS opens the webhook's secret");
        PageError::away()
    })?;
    let (id, body) = (webhooks::message_id(&app.entropy), body_of_test(organisation, now));
    let outgoing = Outgoing { url: &url, secret: &secret, id: &id, body: &body, at: now };
    let answer = app.hooks.post(&outgoing).await;
    let unit = webhooks::Tested {
        webhook: &webhook,
        organisation,
        id: &id,
        outcome: &outcome(&answer),
        actor: &asking.actor(),
        now: app.clock.now(),
    };
    transact(&app.pool, &unit).await?;
    let tested = Some(Tested { url, answer });
    page(&asking, None, Said { tested, ..Said::default() }).await
}

fn outcome(answer: &Result<Answer, DeliveryFailure>) -> WebhookResult {
    match answer {
        Ok(answer) => {
            answer.failure().map_or(WebhookResult::Delivered(answer.status), WebhookResult::GivenUp)
        }
        Err(failure) => WebhookResult::GivenUp(failure.clone()),
    }
}
