//! `/confirm`: the link in a sign-up's email. It asks for the password that was
//! chosen at sign-up, which proves that one user holds the mailbox and chose
//! the password.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{Id, Password};
use munjigi_i18n::Text;
use munjigi_store::accounts::{self, ConfirmSignUp, Confirmed, SignUp};
use munjigi_store::transact;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::link::{Link, follow};
use super::log_in;
use super::page_error::PageError;
use super::requester::Browser;

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page {
    frame: Frame,
    email: String,
    link: String,
    mistake: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub struct ConfirmForm {
    link: String,
    password: Password,
}

/// The form. Opening it changes nothing, because mail scanners follow links.
pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Link { link }) = link.map_err(|_| PageError::link_gone())?;
    let (_, sign_up) = follow(&app, &link, accounts::sign_up).await?;
    page(&app, &browser, &sign_up, link, None)
}

/// Creates the account and logs its owner in.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<ConfirmForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(ConfirmForm { link, password }) = fields.map_err(|_| PageError::malformed())?;
    let (authentication, now) = (app.authentication(), app.clock.now());
    let (token, sign_up) = follow(&app, &link, accounts::sign_up).await?;
    authentication.attempt(&browser.client.prefix, &sign_up.email, Visit::Unasked).await?;
    if !authentication.passwords.is(password, Some(sign_up.password.clone())).await? {
        let mistake = browser.t().get("confirm-wrong");
        return page(&app, &browser, &sign_up, link, Some(mistake));
    }
    let (account, organisation) = (Id::draw(&app.entropy), Id::draw(&app.entropy));
    let unit =
        ConfirmSignUp { link: token.hash(), account: &account, organisation: &organisation, now };
    match transact(&app.pool, &unit).await? {
        Confirmed::New => {
            let begun = log_in::begin(&app, &browser, &account, false, "/console", now).await;
            let mut response = begun?;
            log_in::know(&app, &browser, (&account, &sign_up.password), &mut response);
            Ok(response)
        }
        Confirmed::Taken | Confirmed::Gone => Err(PageError::link_gone()),
    }
}

fn page(
    app: &ConsoleApp,
    browser: &Browser,
    sign_up: &SignUp,
    link: String,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let title = browser.t().get("confirm-title");
    let frame = Frame::bare(app, browser, title);
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { frame, email: sign_up.email.to_string(), link, mistake };
    Ok((status, render(&page)?).into_response())
}
