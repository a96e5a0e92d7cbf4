//! `/sign-up`: asks for an account. The page says the same whether or not the
//! address already has one: only the email differs.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Form};
use munjigi_app::console::Console;
use munjigi_app::emails;
use munjigi_app::settings::SignUpPolicy;
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::visit::Visit;
use munjigi_domain::accounts::{EmailAddress, Password, Token, limits};
use munjigi_i18n::{Text, Texts};
use munjigi_keys::UnixMillis;
use munjigi_store::accounts::{self, BeginSignUp, SignUp};
use munjigi_store::limits::Taken;
use munjigi_store::{DatabaseError, mails, transact};
use serde::Deserialize;

use super::frame::{Frame, render};
use super::mistakes;
use super::page_error::PageError;
use super::requester::Browser;
use super::visitor::{self, Widget};

/// The widget's action on this form.
const ACTION: &str = "sign-up";

#[derive(Template)]
#[template(path = "sign-up.html")]
struct Page {
    frame: Frame,
    name: String,
    email: String,
    name_mistake: Option<String>,
    email_mistake: Option<String>,
    password_mistake: Option<String>,
    /// What is wrong with the form as a whole.
    mistake: Option<Text>,
    widget: Option<Widget>,
}

#[derive(Template)]
#[template(path = "sent.html")]
struct Sent {
    frame: Frame,
    email: String,
    /// Link to the emails of a development machine.
    mailbox: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
pub struct SignUpForm {
    name: String,
    email: String,
    password: Password,
    #[serde(default, rename = "munjigi-response")]
    visit: String,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Html<String>, PageError> {
    open(&app)?;
    render(&page(&app, &browser, (String::new(), String::new()), [None, None, None]))
}

/// Reports every mistake at once, or sends an email.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<SignUpForm>, axum::extract::rejection::FormRejection>,
) -> Result<Response, PageError> {
    let console = open(&app)?;
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let now = app.clock.now();
    let t = browser.t();
    let (email, name) = match check(&fields, t) {
        Ok(checked) => checked,
        Err(mistakes) => {
            let page = page(&app, &browser, (fields.name, fields.email), mistakes);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
        }
    };
    let visit = visitor::look(&app, &browser, ACTION, &fields.visit).await?;
    if visit == Visit::Refused {
        let mut page = page(&app, &browser, (fields.name, fields.email), [None, None, None]);
        page.mistake = Some(t.get("widget-token-refused"));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
    }
    allow_email(&app, &browser, visit, now).await?;
    // Always hashed, so that the time reveals nothing.
    let password = console.passwords.hash(fields.password, app.entropy.bytes()).await?;
    let allowed = allow_email_to(&app, &browser, &email, now).await?;
    if allowed == Taken::Yes {
        let sign_up = SignUp { email: email.clone(), name, locale: browser.locale, password };
        let writer = app.clone();
        let writing = async move { write(&writer, &sign_up, now).await };
        console.later.start(&app.pool, writing).await?;
    }
    let frame = Frame::bare(&app, &browser, t.get("sign-up-check-email"));
    let mailbox = console.mailbox.is_some().then_some("/mailbox");
    Ok(render(&Sent { frame, email: email.to_string(), mailbox })?.into_response())
}

/// Sends one of two emails, after the response.
async fn write(app: &ConsoleApp, sign_up: &SignUp, now: UnixMillis) -> Result<(), PageError> {
    let console = &app.console;
    if let Some(account) = accounts::by_email(&app.pool, &sign_up.email).await? {
        let message = emails::taken(&console.config, &account);
        let mut connection =
            app.pool.acquire().await.map_err(munjigi_store::DatabaseError::from)?;
        mails::queue(&mut connection, &message, now).await?;
        return Ok(());
    }
    let link = Token::draw(&app.entropy);
    let message = emails::confirm(&console.config, sign_up, &link);
    let unit = BeginSignUp { sign_up, link: link.hash(), message: &message, now };
    Ok(transact(&app.pool, &unit).await?)
}

fn open(app: &ConsoleApp) -> Result<&Console, PageError> {
    let console = &app.console;
    match console.config.sign_up {
        SignUpPolicy::Open => Ok(console),
        SignUpPolicy::Closed => Err(PageError::closed()),
    }
}

fn page(
    app: &ConsoleApp,
    browser: &Browser,
    (name, email): (String, String),
    [name_mistake, email_mistake, password_mistake]: [Option<String>; 3],
) -> Page {
    let title = browser.t().get("sign-up-title");
    Page {
        frame: Frame::bare(app, browser, title),
        name,
        email,
        name_mistake,
        email_mistake,
        password_mistake,
        mistake: None,
        widget: visitor::widget(app, ACTION),
    }
}

/// Emails cost their recipients time, so each sender gets only a few.
pub(super) async fn allow_email(
    app: &App,
    browser: &Browser,
    visit: Visit,
    now: UnixMillis,
) -> Result<(), PageError> {
    match app.cache.limits.take(visit.emails(), &browser.client.prefix, now).await? {
        Taken::Yes => Ok(()),
        Taken::Wait { seconds } => Err(PageError::too_often(seconds)),
    }
}

/// Whether the address gets another email. The page does not say so. A network
/// that keeps asking uses up only its own share of the address's.
pub(super) async fn allow_email_to(
    app: &App,
    browser: &Browser,
    address: &EmailAddress,
    now: UnixMillis,
) -> Result<Taken, DatabaseError> {
    let whom = format!("{address} {}", browser.client.prefix);
    let counts = &app.cache.limits;
    match counts.take(&limits::EMAILS_BY_ADDRESS_AND_SENDER, &whom, now).await? {
        Taken::Yes => counts.take(&limits::EMAILS_BY_ADDRESS, address.as_str(), now).await,
        wait @ Taken::Wait { .. } => Ok(wait),
    }
}

/// The address and the name, or the mistakes in name, address and password.
fn check(fields: &SignUpForm, t: Texts) -> Result<(EmailAddress, String), [Option<String>; 3]> {
    let name = fields.name.trim();
    let name_mistake = name_mistake(t, name);
    let email = fields.email.parse::<EmailAddress>();
    let email_mistake = email.as_ref().err().map(|error| mistakes::of_email(t, *error));
    let placeholder = || "nobody@invalid.example".parse().expect("an address");
    let owner = email.clone().unwrap_or_else(|_| placeholder());
    let password_mistake = fields.password.check(&owner, name).err();
    let password_mistake = password_mistake.map(|error| mistakes::of_password(t, error));
    match email {
        Ok(email) if name_mistake.is_none() && password_mistake.is_none() => {
            Ok((email, name.to_owned()))
        }
        _ => Err([name_mistake, email_mistake, password_mistake]),
    }
}

/// What is wrong with the name of a user, an organisation or a site.
pub(super) fn name_mistake(t: Texts, name: &str) -> Option<String> {
    let mistake = match name.chars().count() {
        0 => t.get("field-name-missing"),
        1..=100 if name.chars().any(char::is_control) => t.get("field-name-lines"),
        1..=100 => return None,
        _ => t.get("field-name-long"),
    };
    Some(mistake.into())
}
