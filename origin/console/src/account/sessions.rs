//! `POST /console/account/sessions`: ends one of the user's sessions, or all
//! others.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::cache::Lingering;
use munjigi_domain::accounts::Id;
use munjigi_store::sessions::{End, Which};
use munjigi_store::transact;
use serde::Deserialize;

use crate::page_error::PageError;
use crate::requester::AskingUser;

#[derive(Debug, Deserialize)]
pub struct SessionsForm {
    /// A session's id, or `others`.
    end: String,
}

pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<SessionsForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(SessionsForm { end }) = fields.map_err(|_| PageError::malformed())?;
    let (actor, now) = (&asking.actor(), asking.app.clock.now());
    if end == "others" {
        let which = Which::AllBut(&asking.user.session.id);
        let ended = transact(&asking.app.pool, &End { which, actor, now }).await?;
        let done = match asking.app.cache.sessions.changed(&ended.0).await {
            Ok(()) => "sessions",
            Err(Lingering) => "sessions-soon",
        };
        return Ok(back(done));
    }
    let id: Id = end.parse().map_err(|_| PageError::malformed())?;
    let ended = transact(&asking.app.pool, &End { which: Which::One(&id), actor, now }).await?;
    let done = match asking.app.cache.sessions.changed(&ended.0).await {
        Ok(()) => "session",
        Err(Lingering) => "session-soon",
    };
    Ok(back(done))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("/console/account?done={done}")).into_response()
}
