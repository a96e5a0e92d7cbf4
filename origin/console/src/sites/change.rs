//! `POST …/sites/{sitekey}/change`: pauses, resumes, deletes and restores.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::sites;
use munjigi_domain::site_change::{Change, ChangeRefused};
use serde::Deserialize;

use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Debug, Deserialize)]
pub struct SiteStateForm {
    change: String,
}

pub async fn submit(
    asking: Asking,
    Path((organisation, sitekey)): Path<(String, String)>,
    fields: Result<Form<SiteStateForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let most = asking.app.console.config.most_sites;
    let (change, done) = match fields.change.as_str() {
        "pause" => (Change::Pause, "paused"),
        "resume" => (Change::Resume, "resumed"),
        "delete" => (Change::Delete, "deleted"),
        "restore" => (Change::Restore(most), "restored"),
        _ => return Err(PageError::malformed()),
    };
    let (organisation_id, actor) = (asking.organisation(), asking.actor());
    let changed = sites::change(&asking.app, organisation_id, &sitekey, &change, &actor).await?;
    let done = match changed {
        Ok(()) => done,
        Err(ChangeRefused::Unknown) => return Err(PageError::nothing_here()),
        Err(ChangeRefused::TooManySites) => return Err(PageError::too_many_sites(most)),
        Err(ChangeRefused::Deleted | ChangeRefused::Unchanged | ChangeRefused::TwoSecrets) => {
            "unchanged"
        }
    };
    let place = format!("/console/{organisation}/sites/{sitekey}?done={done}");
    Ok(Redirect::to(&place).into_response())
}
