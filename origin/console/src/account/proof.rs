//! `/console/account/proof`: asks the user to prove who they are, with
//! everything that log-in requires, before a sensitive change.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::Password;
use munjigi_domain::accounts::passkey::Purpose;
use munjigi_domain::accounts::session::is_proved;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_i18n::Text;
use munjigi_store::sessions;
use serde::Deserialize;

use crate::account::frame;
use crate::frame::{Frame, render};
use crate::mistakes;
use crate::next::within;
use crate::page_error::PageError;
use crate::passkey;
use crate::requester::{AskingUser, Browser, User};

#[derive(Template)]
#[template(path = "proof.html")]
struct Page {
    frame: Frame,
    next: String,
    has_factor: bool,
    mistake: Option<Text>,
    /// The script, if passkeys are possible and this account has one.
    passkeys: Option<&'static str>,
}

/// The page to return to.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub struct ProofForm {
    password: Password,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub struct Answer {
    answer: String,
    #[serde(default)]
    next: String,
}

/// Redirects to the proof page unless the user has proved their identity
/// recently.
pub fn asked(app: &App, user: &User, next: &str) -> Option<Response> {
    due(app, user, next).map(|place| Redirect::to(&place).into_response())
}

/// The URL of that page, if a proof is due.
pub fn due(app: &App, user: &User, next: &str) -> Option<String> {
    let proved = from_timestamp(user.session.proved_at);
    if is_proved(proved, app.clock.now()) {
        return None;
    }
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    Some(format!("/console/account/proof?{query}"))
}

pub async fn show(
    asking: AskingUser,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, PageError> {
    let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
    page(&asking, next, None)
}

/// Checks the password and, if the account has one, the second factor.
pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<ProofForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(ProofForm { password, code, next }) = fields.map_err(|_| PageError::malformed())?;
    let (account, authentication) = (&asking.user.account, asking.app.authentication());
    let code = account.has_factor().then_some(code.as_str());
    if !authentication.is_owner(&asking.user.session.id, account, password, code).await? {
        let mistake = if account.has_factor() {
            asking.t().get("proof-wrong-or-code")
        } else {
            asking.t().get("proof-wrong")
        };
        return page(&asking, next, Some(mistake));
    }
    prove(&asking).await?;
    Ok(Redirect::to(within(&next)).into_response())
}

async fn prove(asking: &AskingUser) -> Result<(), PageError> {
    sessions::prove(&asking.app.pool, &asking.user.session.id, asking.app.clock.now()).await?;
    if let Some(cookie) = &asking.browser.session {
        // A cached copy of the session elsewhere still counts as old: the user
        // is asked for the proof again.
        let _ = asking.app.cache.sessions.changed(&[cookie.hash()]).await;
    }
    Ok(())
}

/// Options for the browser's passkey prompt.
pub async fn options(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Response, PageError> {
    passkey::ask(&app, &browser, Purpose::Proof).await
}

/// Accepts a passkey instead.
pub async fn passkey(
    asking: AskingUser,
    fields: Result<Form<Answer>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Answer { answer, next }) = fields.map_err(|_| PageError::malformed())?;
    let whom = Some(&asking.user.account.id);
    match passkey::accept(&asking.app, &asking.browser, Purpose::Proof, &answer, whom).await? {
        Ok(_) => {
            prove(&asking).await?;
            Ok(Redirect::to(within(&next)).into_response())
        }
        Err(error) => page(&asking, next, Some(mistakes::of_passkey(asking.t(), error))),
    }
}

fn page(asking: &AskingUser, next: String, mistake: Option<Text>) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("proof-title"));
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let passkeys = passkey::script(&asking.app).filter(|_| asking.user.account.has_passkey);
    let has_factor = asking.user.account.has_factor();
    let page = Page { frame, next, has_factor, mistake, passkeys };
    Ok((status, render(&page)?).into_response())
}
