//! `/log-in`. A wrong address and a wrong password get the same response in the
//! same time.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_app::authentication::Denied;
use munjigi_domain::accounts::demo::{self, Reach};
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{Account, EmailAddress, Id, KnownBrowser, Password, Token};
use munjigi_i18n::Text;
use munjigi_keys::UnixMillis;
use munjigi_store::sessions::NewSession;
use munjigi_store::{accounts, sessions};
use serde::Deserialize;

use super::cookies;
use super::frame::{Frame, render};
use super::next::{Wanted, by_code, within};
use super::page_error::PageError;
use super::passkey;
use super::requester::Browser;
use super::visitor::{self, Widget};

/// The widget's action on this form.
const ACTION: &str = "log-in";

#[derive(Template)]
#[template(path = "log-in.html")]
struct Page {
    frame: Frame,
    email: String,
    next: String,
    mistake: Option<Text>,
    /// The script, if passkeys are possible.
    passkeys: Option<&'static str>,
    widget: Option<Widget>,
    /// Email and password of the demo account, on a development machine.
    demo: Option<(&'static str, &'static str)>,
}

#[derive(Debug, Deserialize)]
pub struct LogInForm {
    email: String,
    password: Password,
    #[serde(default)]
    next: String,
    #[serde(default, rename = "munjigi-response")]
    visit: String,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Html<String>, PageError> {
    let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
    let title = browser.t().get("frame-log-in");
    let frame = Frame::bare(&app, &browser, title);
    let (passkeys, widget) = (passkey::script(&app), visitor::widget(&app, ACTION));
    let demo = demo(&app).await?;
    render(&Page { frame, email: String::new(), next, mistake: None, passkeys, widget, demo })
}

/// The demo account that a developer can use, if it was created.
async fn demo(app: &ConsoleApp) -> Result<Option<(&'static str, &'static str)>, PageError> {
    if app.console.config.reach() != Reach::Local {
        return Ok(None);
    }
    let email: EmailAddress = demo::EMAIL.parse().expect("an address of our own");
    let account = accounts::by_email(&app.pool, &email).await?;
    Ok(account.map(|_| (demo::EMAIL, demo::PASSWORD)))
}

pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<LogInForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(LogInForm { email, password, next, visit }) =
        fields.map_err(|_| PageError::malformed())?;
    let now = app.clock.now();
    let Ok(address) = email.parse::<EmailAddress>() else {
        return wrong(&app, &browser, email, next);
    };
    let visit = visitor::look(&app, &browser, ACTION, &visit).await?;
    if visit == Visit::Refused {
        let mistake = browser.t().get("widget-token-refused");
        return again(&app, &browser, email, next, mistake);
    }
    let authentication = app.authentication();
    let (attempt, account) = if let Some(known) = &browser.known {
        // Read before it is counted, but for holders of a cookie of ours alone.
        let account = accounts::by_email(&app.pool, &address).await?;
        let prefix = &browser.client.prefix;
        let own = match account.as_ref().filter(|account| known.is_of(account)) {
            Some(_) => Some(authentication.attempt_in(known, prefix).await),
            None => None,
        };
        let attempt = match own {
            // It is worth no less than a browser that no one knows.
            None | Some(Err(Denied::TooOften { .. })) => {
                authentication.attempt(prefix, &address, visit).await?
            }
            Some(attempt) => attempt?,
        };
        (attempt, account)
    } else {
        let attempt = authentication.attempt(&browser.client.prefix, &address, visit).await?;
        (attempt, accounts::by_email(&app.pool, &address).await?)
    };
    let kept = account.as_ref().map(|account| account.password.clone());
    let is_right = authentication.passwords.is(password, kept).await?;
    match account.filter(|_| is_right) {
        None => wrong(&app, &browser, email, next),
        Some(account) => {
            attempt.succeeded().await?;
            let needs_factor = account.has_factor();
            let mut response = begin(&app, &browser, &account.id, needs_factor, &next, now).await?;
            if !needs_factor {
                know(&app, &browser, (&account.id, &account.password), &mut response);
            }
            Ok(response)
        }
    }
}

/// Starts a complete session for a user who has proved everything required.
pub async fn begin_whole(
    app: &ConsoleApp,
    browser: &Browser,
    account: &Account,
    next: &str,
) -> Result<Response, PageError> {
    let mut response = begin(app, browser, &account.id, false, next, app.clock.now()).await?;
    know(app, browser, (&account.id, &account.password), &mut response);
    Ok(response)
}

/// Has the browser known as one in which the owner of this account, with this hash of a
/// password, has proved all that it takes.
pub fn know(
    app: &ConsoleApp,
    browser: &Browser,
    (account, password): (&Id, &str),
    response: &mut Response,
) {
    let known = browser.known.clone().filter(|known| known.is_for(account, password));
    let known = known.unwrap_or_else(|| KnownBrowser::draw(account, password, &app.entropy));
    cookies::put(response, cookies::set_known(&app.console, &known, &app.entropy));
}

/// Starts a session with a new cookie, so that a cookie planted in this browser
/// earlier is worthless.
pub async fn begin(
    app: &ConsoleApp,
    browser: &Browser,
    account: &Id,
    needs_factor: bool,
    next: &str,
    now: UnixMillis,
) -> Result<Response, PageError> {
    let console = &app.console;
    let cookie = Token::draw(&app.entropy);
    let stage = if needs_factor { Stage::Password } else { Stage::Complete };
    let session = NewSession {
        cookie: cookie.hash(),
        id: &Id::draw(&app.entropy),
        account,
        stage,
        agent: &browser.client.agent,
        prefix: &browser.client.prefix,
        now,
    };
    sessions::begin(&app.pool, &session).await?;
    let mut response = if needs_factor {
        Redirect::to(&by_code(next)).into_response()
    } else {
        Redirect::to(within(next)).into_response()
    };
    cookies::put(&mut response, cookies::session(&console.config, &cookie));
    Ok(response)
}

fn wrong(
    app: &ConsoleApp,
    browser: &Browser,
    email: String,
    next: String,
) -> Result<Response, PageError> {
    again(app, browser, email, next, browser.t().get("log-in-wrong"))
}

/// Shows the form again after another way to log in failed.
pub fn refuse(
    app: &ConsoleApp,
    browser: &Browser,
    next: String,
    mistake: Text,
) -> Result<Response, PageError> {
    again(app, browser, String::new(), next, mistake)
}

fn again(
    app: &ConsoleApp,
    browser: &Browser,
    email: String,
    next: String,
    mistake: Text,
) -> Result<Response, PageError> {
    let title = browser.t().get("frame-log-in");
    let frame = Frame::bare(app, browser, title);
    let (mistake, passkeys) = (Some(mistake), passkey::script(app));
    let widget = visitor::widget(app, ACTION);
    let page = render(&Page { frame, email, next, mistake, passkeys, widget, demo: None })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
