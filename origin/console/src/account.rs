//! `/console/account`: language, second factor, password and sessions of the
//! current user.

pub mod data;
pub mod factor;
pub mod language;
pub mod passkeys;
pub mod password;
pub mod proof;
pub mod sessions;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::session::agent_text;
use munjigi_i18n::{Text, Texts};
use munjigi_store::sessions::Session;
use munjigi_store::{factors, passkeys as kept, sessions as stored};

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::AskingUser;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    name: String,
    /// Tag, own name, and whether it is the account's.
    languages: Vec<language::Choice>,
    has_totp: bool,
    has_factor: bool,
    passkeys: usize,
    codes_left: i64,
    current: String,
    sessions: Vec<Session>,
    notice: Option<Text>,
    mistake: Option<String>,
}

pub async fn show(asking: AskingUser, Flash(done): Flash) -> Result<Response, PageError> {
    let notice = done.and_then(|done| notice(asking.t(), &done));
    page(&asking, notice, None).await
}

/// The page, with a notice or a mistake.
async fn page(
    asking: &AskingUser,
    notice: Option<Text>,
    mistake: Option<String>,
) -> Result<Response, PageError> {
    let account = &asking.user.account;
    let frame = frame(asking, asking.t().get("frame-account"));
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        name: account.name.clone(),
        languages: language::choices(asking.t(), account),
        has_totp: account.has_totp(),
        has_factor: account.has_factor(),
        passkeys: kept::of_account(&asking.app.pool, &account.id).await?.len(),
        codes_left: factors::recovery_codes_left(&asking.app.pool, &account.id).await?,
        current: asking.user.session.id.to_string(),
        sessions: stored::of_account(&asking.app.pool, &account.id, asking.app.clock.now()).await?,
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}

/// The frame of every page of the account.
fn frame(asking: &AskingUser, title: Text) -> Frame {
    let frame = Frame::of_user(&asking.app, &asking.browser, &asking.user, title);
    Frame { entry: Entry::Account, ..frame }
}

/// For the template.
fn agent(t: &Texts, session: &Session) -> String {
    agent_text(t, &session.agent)
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "language" => t.get("account-done-language"),
        "password" => t.get("account-done-password"),
        "factor-off" => t.get("account-done-factor-off"),
        "session" => t.get("account-done-session"),
        "sessions" => t.get("account-done-sessions"),
        "session-soon" => t.get("account-done-session-soon"),
        "sessions-soon" => t.get("account-done-sessions-soon"),
        _ => return None,
    })
}
