//! `POST /console/account/password`: changes the password; requires the old
//! one.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::emails;
use munjigi_domain::accounts::Password;
use munjigi_domain::email::EmailKind;
use munjigi_store::accounts::SetPassword;
use munjigi_store::transact;
use serde::Deserialize;

use crate::page_error::PageError;
use crate::requester::AskingUser;
use crate::{log_in, mistakes};

#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    old: Password,
    new: Password,
}

/// Changes the password and ends every other session.
pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(PasswordForm { old, new }) = fields.map_err(|_| PageError::malformed())?;
    let (account, now) = (&asking.user.account, asking.app.clock.now());
    let mistake = |text: String| super::page(&asking, None, Some(text));
    if let Err(error) = new.check(&account.email, &account.name) {
        return mistake(mistakes::of_password(asking.t(), error)).await;
    }
    let authentication = asking.app.authentication();
    if !authentication.is_owner(&asking.user.session.id, account, old, None).await? {
        return mistake(asking.t().get("account-wrong-old").into()).await;
    }
    let password = authentication.passwords.hash(new, asking.app.entropy.bytes()).await?;
    let message = emails::to(account, &EmailKind::PasswordChanged);
    let unit = SetPassword {
        actor: &asking.actor(),
        password: &password,
        link: None,
        kept: Some(&asking.user.session.id),
        message: &message,
        now,
    };
    if let Some(ended) = transact(&asking.app.pool, &unit).await? {
        asking.app.cache.tell_ended(&ended).await;
    }
    let mut response = Redirect::to("/console/account?done=password").into_response();
    log_in::know(&asking.app, &asking.browser, (&account.id, &password), &mut response);
    Ok(response)
}
