//! `/recover`: resets a password by email. The page says the same whether or
//! not the address has an account. The second factor stays: access to a mailbox
//! alone does not open an account that has one.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_app::emails;
use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{EmailAddress, Password, Token};
use munjigi_domain::email::EmailKind;
use munjigi_keys::UnixMillis;
use munjigi_store::accounts::{self, BeginRecovery, SetPassword};
use munjigi_store::limits::Taken;
use munjigi_store::transact;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::link::{Link, follow};
use super::log_in;
use super::mistakes;
use super::page_error::PageError;
use super::requester::Browser;
use super::sign_up::{allow_email, allow_email_to};
use super::visitor::{self, Widget};

/// The widget's action on this form.
const ACTION: &str = "recover";

#[derive(Template)]
#[template(path = "recover.html")]
struct Page {
    frame: Frame,
    email: String,
    mistake: Option<String>,
    widget: Option<Widget>,
}

#[derive(Template)]
#[template(path = "recover-sent.html")]
struct Sent {
    frame: Frame,
    email: String,
}

#[derive(Template)]
#[template(path = "new-password.html")]
struct NewPassword {
    frame: Frame,
    email: String,
    link: String,
    mistake: Option<String>,
}

/// The form that asks for the email.
#[derive(Debug, Deserialize)]
pub struct PasswordResetForm {
    email: String,
    #[serde(default, rename = "munjigi-response")]
    visit: String,
}

/// The form with the new password.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    link: String,
    password: Password,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Html<String>, PageError> {
    render(&form(&app, &browser, String::new(), None))
}

/// Accepts the address. Whether it has an account is looked up only after the
/// response, which takes the same time in both cases.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<PasswordResetForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(PasswordResetForm { email, visit }) = fields.map_err(|_| PageError::malformed())?;
    let address = match email.parse::<EmailAddress>() {
        Ok(address) => address,
        Err(error) => {
            let mistake = Some(mistakes::of_email(browser.t(), error));
            let page = render(&form(&app, &browser, email, mistake))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let now = app.clock.now();
    let visit = visitor::look(&app, &browser, ACTION, &visit).await?;
    if visit == Visit::Refused {
        let mistake = Some(browser.t().get("widget-token-refused").into());
        let page = render(&form(&app, &browser, email, mistake))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    allow_email(&app, &browser, visit, now).await?;
    let allowed = allow_email_to(&app, &browser, &address, now).await?;
    let email = address.to_string();
    if allowed == Taken::Yes {
        let sender = app.clone();
        let sending = async move { send(&sender, &address, now).await };
        app.console.later.start(&app.pool, sending).await?;
    }
    let title = browser.t().get("sign-up-check-email");
    let frame = Frame::bare(&app, &browser, title);
    Ok(render(&Sent { frame, email })?.into_response())
}

fn form(app: &ConsoleApp, browser: &Browser, email: String, mistake: Option<String>) -> Page {
    let title = browser.t().get("recover-title");
    let frame = Frame::bare(app, browser, title);
    Page { frame, email, mistake, widget: visitor::widget(app, ACTION) }
}

/// Sends the email if there is an account.
async fn send(app: &ConsoleApp, email: &EmailAddress, now: UnixMillis) -> Result<(), PageError> {
    let Some(account) = accounts::by_email(&app.pool, email).await? else { return Ok(()) };
    let console = &app.console;
    let link = Token::draw(&app.entropy);
    let message = emails::recover(&console.config, &account, &link);
    let unit = BeginRecovery { account: &account.id, link: link.hash(), message: &message, now };
    Ok(transact(&app.pool, &unit).await?)
}

/// Asks for the new password.
pub async fn choose(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Link { link }) = link.map_err(|_| PageError::link_gone())?;
    let (_, account) = follow(&app, &link, accounts::recovery).await?;
    page(&app, &browser, &account, link, None)
}

/// Sets it, ends every session, revokes the API keys that the user created, and
/// starts a session.
pub async fn set(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Chosen { link, password }) = fields.map_err(|_| PageError::malformed())?;
    let console = &app.console;
    let now = app.clock.now();
    let (token, account) = follow(&app, &link, accounts::recovery).await?;
    if let Err(error) = password.check(&account.email, &account.name) {
        let mistake = mistakes::of_password(browser.t(), error);
        return page(&app, &browser, &account, link, Some(mistake));
    }
    let password = console.passwords.hash(password, app.entropy.bytes()).await?;
    let message = emails::to(&account, &EmailKind::PasswordReset);
    let unit = SetPassword {
        actor: &browser.client.actor(&account),
        password: &password,
        link: Some(token.hash()),
        kept: None,
        message: &message,
        now,
    };
    let ended = transact(&app.pool, &unit).await?.ok_or(PageError::link_gone())?;
    app.cache.tell_ended(&ended).await;
    let needs_factor = account.has_factor();
    let mut response =
        log_in::begin(&app, &browser, &account.id, needs_factor, "/console", now).await?;
    if !needs_factor {
        log_in::know(&app, &browser, (&account.id, &password), &mut response);
    }
    Ok(response)
}

fn page(
    app: &ConsoleApp,
    browser: &Browser,
    account: &Account,
    link: String,
    mistake: Option<String>,
) -> Result<Response, PageError> {
    let title = browser.t().get("recover-choose");
    let frame = Frame::bare(app, browser, title);
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = NewPassword { frame, email: account.email.to_string(), link, mistake };
    Ok((status, render(&page)?).into_response())
}
