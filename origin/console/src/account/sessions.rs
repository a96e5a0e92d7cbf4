//! `POST /console/account/sessions`: ends one of the user's sessions, or all
//! others.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::App;
use munjigi_app::cache::Lingering;
use munjigi_domain::accounts::Id;
use munjigi_store::sessions::{End, Which};
use munjigi_store::transact;
use serde::Deserialize;

use crate::requester::{Browser, Person};
use crate::trouble::Trouble;

#[derive(Debug, Deserialize)]
pub struct Fields {
    /// A session's id, or `others`.
    end: String,
}

pub async fn submit(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Fields { end }) = fields.map_err(|_| Trouble::malformed())?;
    let (actor, now) = (&person.actor(&browser), app.clock.now());
    if end == "others" {
        let which = Which::AllBut(&person.session.id);
        let ended = transact(&app.pool, &End { which, actor, now }).await?;
        let done = match app.cache.sessions.changed(&ended.0).await {
            Ok(()) => "sessions",
            Err(Lingering) => "sessions-soon",
        };
        return Ok(back(done));
    }
    let id: Id = end.parse().map_err(|_| Trouble::malformed())?;
    let ended = transact(&app.pool, &End { which: Which::One(&id), actor, now }).await?;
    let done = match app.cache.sessions.changed(&ended.0).await {
        Ok(()) => "session",
        Err(Lingering) => "session-soon",
    };
    Ok(back(done))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("/console/account?done={done}")).into_response()
}
