//! `POST /console/account/password`: changes the password; requires the old
//! one.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_app::emails;
use munjigi_domain::accounts::Password;
use munjigi_domain::email::EmailKind;
use munjigi_store::accounts::SetPassword;
use munjigi_store::transact;
use serde::Deserialize;

use crate::mistakes;
use crate::page_error::PageError;
use crate::requester::{Browser, User};

#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    old: Password,
    new: Password,
}

/// Changes the password and ends every other session.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(PasswordForm { old, new }) = fields.map_err(|_| PageError::malformed())?;
    let (account, now) = (&user.account, app.clock.now());
    let mistake = |text: String| super::page(&app, &browser, &user, None, Some(text));
    if let Err(error) = new.check(&account.email, &account.name) {
        return mistake(mistakes::of_password(browser.t(), error)).await;
    }
    let authentication = app.authentication();
    if !authentication.is_owner(&browser.client.prefix, account, old, None).await? {
        return mistake(browser.t().get("account-wrong-old").into()).await;
    }
    let password = authentication.passwords.hash(new, app.entropy.bytes()).await?;
    let message = emails::to(account, &EmailKind::PasswordChanged);
    let unit = SetPassword {
        actor: &user.actor(&browser),
        password: &password,
        link: None,
        kept: Some(&user.session.id),
        message: &message,
        now,
    };
    if let Some(ended) = transact(&app.pool, &unit).await? {
        app.cache.tell_ended(&ended).await;
    }
    Ok(Redirect::to("/console/account?done=password").into_response())
}
