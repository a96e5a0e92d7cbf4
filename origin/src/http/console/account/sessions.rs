//! `POST /console/account/sessions`: ends one of one's sessions, or all
//! others.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::accounts::Id;
use crate::cache::Lingering;
use crate::http::App;
use crate::http::console::person::Person;
use crate::http::console::trouble::Trouble;
use crate::store::{StoreError, sessions};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Fields {
    /// Its id, or `others`.
    end: String,
}

/// Ends it.
pub async fn submit(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Fields { end }) = fields.map_err(|_| Trouble::malformed())?;
    let account = &person.account.id;
    if end == "others" {
        let mut connection = app.pool.acquire().await.map_err(StoreError::from)?;
        let ended = sessions::end_all(&mut connection, account, Some(&person.session.id)).await?;
        let done = match app.cache.sessions.changed(&ended.0).await {
            Ok(()) => "sessions",
            Err(Lingering) => "sessions-soon",
        };
        return Ok(back(done));
    }
    let id: Id = end.parse().map_err(|_| Trouble::malformed())?;
    // One that is gone already is as good as ended.
    let ended = sessions::end(&app.pool, account, &id).await?;
    let done = match app.cache.sessions.changed(&ended.0).await {
        Ok(()) => "session",
        Err(Lingering) => "session-soon",
    };
    Ok(back(done))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("/console/account?done={done}")).into_response()
}
