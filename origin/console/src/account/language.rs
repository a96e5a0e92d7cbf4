//! `POST /console/account/language`: the language of the account, which its
//! emails are in, and its pages in every browser that has not chosen another; or
//! that its pages follow the browser.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_domain::accounts::Account;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_store::accounts;
use serde::Deserialize;

use crate::cookies;
use crate::page_error::PageError;
use crate::requester::AskingUser;

#[derive(Debug, Deserialize)]
pub struct LanguageForm {
    language: String,
}

/// The value for the language of the browser.
const BROWSER: &str = "browser";

pub struct Choice {
    pub value: &'static str,
    /// Its own name for itself, or what else it means.
    pub name: Text,
    pub is_current: bool,
}

impl Choice {
    /// The language of its name, if it is one of its own.
    pub fn tag(&self) -> Option<&'static str> {
        Some(self.value).filter(|value| *value != BROWSER)
    }
}

/// The browser's language, then every language.
pub fn choices(t: Texts, account: &Account) -> Vec<Choice> {
    let chosen = Some(account.locale).filter(|_| account.locale_chosen);
    let name = t.get("account-language-browser");
    let browser = Choice { value: BROWSER, name, is_current: chosen.is_none() };
    let choice = |locale: &'static Locale| Choice {
        value: locale.as_str(),
        name: Texts::of(*locale).get("language-name"),
        is_current: chosen == Some(*locale),
    };
    core::iter::once(browser).chain(Locale::ALL.iter().map(choice)).collect()
}

pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<LanguageForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(LanguageForm { language }) = fields.map_err(|_| PageError::malformed())?;
    let chosen: Option<Locale> = match language.as_str() {
        BROWSER => None,
        tag => Some(tag.parse().map_err(|_| PageError::malformed())?),
    };
    let locale = chosen.unwrap_or(asking.browser.wanted);
    accounts::set_locale(&asking.app.pool, &asking.user.account.id, locale, chosen.is_some())
        .await?;
    let mut response = Redirect::to("/console/account?done=language").into_response();
    // Or a language that this browser chose earlier would still win.
    let cookie = match chosen {
        Some(locale) => cookies::set_language(&asking.app.console.config, locale),
        None => cookies::forget_language(&asking.app.console.config),
    };
    cookies::put(&mut response, cookie);
    Ok(response)
}
