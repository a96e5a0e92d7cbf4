//! `/console/account/passkeys/{passkey}`: renames or removes a passkey.
//! Removing the last second factor has the same conditions as turning off the
//! authenticator app: the password, and a recent proof that includes the
//! factor.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::App;
use munjigi_app::emails;
use munjigi_domain::accounts::passkey::name;
use munjigi_domain::accounts::{Id, Password};
use munjigi_domain::email::EmailKind;
use munjigi_domain::shown::Shown;
use munjigi_i18n::Text;
use munjigi_store::passkeys::{self, Passkey, Remove, Rename};
use munjigi_store::transact;
use serde::Deserialize;

use crate::account::{frame, proof};
use crate::frame::{Frame, render};
use crate::page_error::PageError;
use crate::requester::{AskingUser, User};

#[derive(Template)]
#[template(path = "passkey.html")]
struct Page {
    frame: Frame,
    passkey: Passkey,
    is_last: bool,
    mistake: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub struct PasskeyForm {
    change: String,
    #[serde(default)]
    name: String,
    password: Option<Password>,
}

pub async fn show(asking: AskingUser, Path(id): Path<String>) -> Result<Response, PageError> {
    let (passkey, left) = find(&asking.app, &asking.user, &id).await?;
    if let Some(proof) = proof::asked(&asking.app, &asking.user, &path(&passkey.id)) {
        return Ok(proof);
    }
    page(&asking, passkey, left, None)
}

pub async fn submit(
    asking: AskingUser,
    Path(id): Path<String>,
    fields: Result<Form<PasskeyForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let (passkey, left) = find(&asking.app, &asking.user, &id).await?;
    if let Some(proof) = proof::asked(&asking.app, &asking.user, &path(&passkey.id)) {
        return Ok(proof);
    }
    match fields.change.as_str() {
        "rename" => {
            let Some(name) = name(&fields.name) else {
                let mistake = Some(asking.t().get("passkey-no-name"));
                return page(&asking, passkey, left, mistake);
            };
            let (actor, now) = (asking.actor(), asking.app.clock.now());
            let unit = Rename { id: &passkey.id, name: &name, actor: &actor, now };
            transact(&asking.app.pool, &unit).await?;
            Ok(Redirect::to("/console/account/passkeys?done=renamed").into_response())
        }
        "remove" => {
            if left == 0 && !is_owner(&asking, fields.password).await? {
                let mistake = Some(asking.t().get("own-data-wrong"));
                return page(&asking, passkey, left, mistake);
            }
            remove(&asking, &passkey, left).await
        }
        _ => Err(PageError::malformed()),
    }
}

async fn remove(
    asking: &AskingUser,
    passkey: &Passkey,
    left: usize,
) -> Result<Response, PageError> {
    let kind = EmailKind::PasskeyRemoved { name: Shown::of(&passkey.name), left };
    let (actor, message) = (asking.actor(), emails::to(&asking.user.account, &kind));
    let unit =
        Remove { id: &passkey.id, actor: &actor, message: &message, now: asking.app.clock.now() };
    transact(&asking.app.pool, &unit).await?;
    Ok(Redirect::to("/console/account/passkeys?done=removed").into_response())
}

async fn is_owner(asking: &AskingUser, password: Option<Password>) -> Result<bool, PageError> {
    let Some(password) = password else { return Ok(false) };
    let (authentication, session) = (asking.app.authentication(), &asking.user.session.id);
    Ok(authentication.is_owner(session, &asking.user.account, password, None).await?)
}

/// A passkey of the user, and how many factors are left without it.
async fn find(app: &App, user: &User, id: &str) -> Result<(Passkey, usize), PageError> {
    let id: Id = id.parse().map_err(|_| PageError::nothing_here())?;
    let mut passkeys = passkeys::of_account(&app.pool, &user.account.id).await?;
    let at = passkeys.iter().position(|passkey| passkey.id == id);
    let passkey = passkeys.swap_remove(at.ok_or(PageError::nothing_here())?);
    Ok((passkey, passkeys.len() + usize::from(user.account.has_totp())))
}

fn path(id: &Id) -> String {
    format!("/console/account/passkeys/{id}")
}

fn page(
    asking: &AskingUser,
    passkey: Passkey,
    left: usize,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("passkey-title"));
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { frame, passkey, is_last: left == 0, mistake };
    Ok((status, render(&page)?).into_response())
}
