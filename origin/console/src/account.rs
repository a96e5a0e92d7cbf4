//! `/console/account`: second factor, password and sessions of the current

//! user.

pub mod data;
pub mod factor;
pub mod passkeys;
pub mod password;
pub mod proof;
pub mod sessions;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_store::sessions::Session;
use munjigi_store::{factors, passkeys as kept, sessions as stored};
use serde::Deserialize;

use super::frame::{Entry, Frame, render};
use super::requester::{Browser, Person};
use super::trouble::Trouble;
use munjigi_app::App;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    name: String,
    has_totp: bool,
    has_factor: bool,
    passkeys: usize,
    codes_left: i64,
    current: String,
    sessions: Vec<Session>,
    notice: Option<&'static str>,
    mistake: Option<String>,
}

/// Query after a form was submitted: which notice to show.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    done: Option<String>,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Trouble> {
    let notice = done.ok().and_then(|Query(done)| notice(done.done.as_deref()?));
    page(&app, &browser, &person, notice, None).await
}

/// The page, with a notice or a mistake.
async fn page(
    app: &App,
    browser: &Browser,
    person: &Person,
    notice: Option<&'static str>,
    mistake: Option<String>,
) -> Result<Response, Trouble> {
    let account = &person.account;
    let mut frame = Frame::of_person(app, browser, person, "Account");
    frame.entry = Entry::Account;
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        name: account.name.clone(),
        has_totp: account.has_totp(),
        has_factor: account.has_factor(),
        passkeys: kept::of_account(&app.pool, &account.id).await?.len(),
        codes_left: factors::recovery_codes_left(&app.pool, &account.id).await?,
        current: person.session.id.to_string(),
        sessions: stored::of_account(&app.pool, &account.id, app.clock.now()).await?,
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}

fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "password" => "Your password has been changed. You are logged out everywhere else.",
        "factor-off" => "The authenticator app has been turned off.",
        "session" => "The session has ended.",
        "sessions" => "You are logged out everywhere else.",
        "session-soon" => {
            "The session has ended. The cache is not responding, so the session may stay active for up to 30 seconds."
        }
        "sessions-soon" => {
            "You are logged out everywhere else. The cache is not responding, so those sessions may stay active for up to 30 seconds."
        }
        _ => return None,
    })
}
