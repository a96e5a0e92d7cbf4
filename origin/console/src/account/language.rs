//! `POST /console/account/language`: the language of the account, which its
//! emails are in, and its pages in every browser that has not chosen another.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::App;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_store::accounts;
use serde::Deserialize;

use crate::cookies;
use crate::page_error::PageError;
use crate::requester::User;

#[derive(Debug, Deserialize)]
pub struct LanguageForm {
    language: String,
}

/// Every language, with its own name for itself.
pub fn choices(current: Locale) -> Vec<(Locale, Text, bool)> {
    let choice =
        |locale: Locale| (locale, Texts::of(locale).get("language-name"), locale == current);
    Locale::ALL.iter().copied().map(choice).collect()
}

pub async fn submit(
    State(app): State<Arc<App>>,
    Extension(user): Extension<User>,
    fields: Result<Form<LanguageForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(LanguageForm { language }) = fields.map_err(|_| PageError::malformed())?;
    let locale: Locale = language.parse().map_err(|_| PageError::malformed())?;
    accounts::set_locale(&app.pool, &user.account.id, locale).await?;
    let mut response = Redirect::to("/console/account?done=language").into_response();
    // Or a language that this browser chose earlier would still win.
    cookies::put(&mut response, cookies::set_language(&app.console().config, locale));
    Ok(response)
}
