//! `POST …/sites/{sitekey}/secrets`: rotation without downtime. A second secret
//! becomes active beside the first. When the back ends use it, the old one is
//! revoked; to cancel the rotation, the new one is.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::sites;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_domain::site_keys;
use serde::Deserialize;

use super::find;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "secret-made.html")]
struct Page {
    frame: Frame,
    name: String,
    sitekey: String,
    secret: String,
}

#[derive(Debug, Deserialize)]
pub struct SecretsForm {
    change: String,
}

/// A new secret is shown only in this response.
pub async fn submit(
    asking: Asking,
    Path((organisation, sitekey)): Path<(String, String)>,
    fields: Result<Form<SecretsForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let console = &asking.app.console;
    let site = find(&asking, &sitekey).await?;
    let secret = site_keys::secret(&console.check, &asking.app.entropy, &site.config.aliases);
    let (change, done) = match fields.change.as_str() {
        "add" => (Change::AddSecret(secret.hash()), None),
        "keep-newest" => (Change::KeepNewestSecret, Some("newest")),
        "keep-oldest" => (Change::KeepOldestSecret, Some("oldest")),
        _ => return Err(PageError::malformed()),
    };
    let (organisation_id, actor) = (asking.organisation(), asking.actor());
    let changed = sites::change(&asking.app, organisation_id, &sitekey, &change, &actor).await?;
    let done = match changed {
        Ok(()) => done,
        Err(ChangeRefused::Unknown) => return Err(PageError::nothing_here()),
        Err(
            ChangeRefused::Deleted
            | ChangeRefused::Unchanged
            | ChangeRefused::TwoSecrets
            | ChangeRefused::TooManySites,
        ) => Some("unchanged"),
    };
    if let Some(done) = done {
        let place = format!("/console/{organisation}/sites/{sitekey}?done={done}");
        return Ok(Redirect::to(&place).into_response());
    }
    let title = asking.t().get("secret-made-title");
    let frame = asking.frame(title, Entry::Sites);
    let secret = secret.reveal().to_string();
    let page = Page { frame, name: site.name, sitekey, secret };
    Ok((StatusCode::CREATED, render(&page)?).into_response())
}
