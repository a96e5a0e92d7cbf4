//! `/log-in/passkey` and `/log-in/code/passkey`: log-in with a passkey alone,
//! and with a passkey as the second factor.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::passkey::Purpose;
use serde::Deserialize;

use super::page_error::PageError;
use super::requester::{Browser, User};
use super::{code, log_in, mistakes, passkey};

#[derive(Debug, Deserialize)]
pub struct LogInPasskeyForm {
    answer: String,
    #[serde(default)]
    next: String,
}

/// Options for the browser's passkey prompt, before log-in.
pub async fn options(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Response, PageError> {
    passkey::ask(&app, &browser, Purpose::LogIn).await
}

/// Logs in the owner of the passkey.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    fields: Result<Form<LogInPasskeyForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(LogInPasskeyForm { answer, next }) = fields.map_err(|_| PageError::malformed())?;
    passkey::count(&app, &browser).await?;
    match passkey::accept(&app, &browser, Purpose::LogIn, &answer, None).await? {
        Ok(account) => log_in::begin_whole(&app, &browser, &account, &next).await,
        Err(error) => {
            let mistake = mistakes::of_passkey(browser.t(), error);
            log_in::refuse(&app, &browser, next, mistake)
        }
    }
}

/// Options for the browser's passkey prompt, after the password.
pub async fn factor_options(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
) -> Result<Response, PageError> {
    passkey::ask(&app, &browser, Purpose::Factor).await
}

/// Accepts a passkey as the second factor.
pub async fn factor(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<LogInPasskeyForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(LogInPasskeyForm { answer, next }) = fields.map_err(|_| PageError::malformed())?;
    let whom = Some(&user.account.id);
    match passkey::accept(&app, &browser, Purpose::Factor, &answer, whom).await? {
        Ok(_) => code::complete(&app, &browser, &user, &next).await,
        Err(error) => {
            let mistake = mistakes::of_passkey(browser.t(), error);
            code::page(&app, &browser, &user, &next, Some(mistake))
        }
    }
}
