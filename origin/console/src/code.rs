//! `/log-in/code`: the second factor, after the password.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::Token;
use munjigi_i18n::Text;
use munjigi_store::sessions;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::next::{Wanted, within};
use super::page_error::PageError;
use super::passkey;
use super::requester::{Browser, User};
use super::{cookies, log_in};

#[derive(Template)]
#[template(path = "code.html")]
struct Page {
    frame: Frame,
    /// The page to return to.
    next: String,
    mistake: Option<Text>,
    has_totp: bool,
    /// The script, if passkeys are possible and this account has one.
    passkeys: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
pub struct CodeForm {
    code: String,
    #[serde(default)]
    next: String,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, PageError> {
    let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
    page(&app, &browser, &user, &next, None)
}

/// Accepts a code of the app, or a recovery code.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<CodeForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(CodeForm { code, next }) = fields.map_err(|_| PageError::malformed())?;
    if !app.authentication().is_second_factor(&user.account, &code).await? {
        let mistake = browser.t().get("code-wrong");
        return page(&app, &browser, &user, &next, Some(mistake));
    }
    complete(&app, &browser, &user, &next).await
}

/// Completes the session and replaces its cookie.
pub async fn complete(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    next: &str,
) -> Result<Response, PageError> {
    let console = &app.console;
    let cookie = Token::draw(&app.entropy);
    sessions::complete(&app.pool, &user.session.id, cookie.hash(), app.clock.now()).await?;
    let mut response = Redirect::to(within(next)).into_response();
    cookies::put(&mut response, cookies::session(&console.config, &cookie));
    let account = &user.account;
    log_in::know(app, browser, (&account.id, &account.password), &mut response);
    Ok(response)
}

/// The form, with a mistake.
pub fn page(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    next: &str,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let title = browser.t().get("code-title");
    let frame = Frame::bare(app, browser, title);
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let passkeys = passkey::script(app).filter(|_| user.account.has_passkey);
    let (next, has_totp) = (within(next).to_owned(), user.account.has_totp());
    let page = Page { frame, next, mistake, has_totp, passkeys };
    Ok((status, render(&page)?).into_response())
}
