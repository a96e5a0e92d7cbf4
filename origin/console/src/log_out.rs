//! `POST /log-out`: ends the session at once.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::ConsoleApp;
use munjigi_store::sessions;

use super::cookies;
use super::page_error::PageError;
use super::requester::User;

/// Responds the same to users who are not logged in.
pub async fn submit(
    State(app): State<ConsoleApp>,
    user: Option<Extension<User>>,
) -> Result<Response, PageError> {
    let console = &app.console;
    if let Some(Extension(user)) = user {
        let ended = sessions::end(&app.pool, &user.account.id, &user.session.id).await?;
        app.cache.tell_ended(&ended).await;
    }
    let mut response = Redirect::to("/").into_response();
    cookies::put(&mut response, cookies::no_session(&console.config));
    Ok(response)
}
