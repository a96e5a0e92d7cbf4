//! `/console/account/factor`: turns an authenticator app on and off.

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_app::emails;
use munjigi_domain::accounts::factor::{RecoveryCode, TotpKey};
use munjigi_domain::accounts::session::OFFER_MILLIS;
use munjigi_domain::accounts::{Account, Totp};
use munjigi_domain::accounts::{Password, TokenHash};
use munjigi_domain::email::EmailKind;
use munjigi_i18n::Text;
use munjigi_keys::UnixMillis;
use munjigi_store::{factors, transact};
use serde::Deserialize;

use super::proof;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::{Browser, User};

const HERE: &str = "/console/account/factor";

#[derive(Template)]
#[template(path = "factor.html")]
struct Page {
    frame: Frame,
    key: String,
    url: String,
    mistake: Option<Text>,
}

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes {
    frame: Frame,
    codes: Vec<RecoveryCode>,
}

#[derive(Debug, Deserialize)]
pub struct FactorForm {
    code: String,
}

/// The form that turns the app off or replaces the recovery codes.
#[derive(Debug, Deserialize)]
pub struct Confirmation {
    change: String,
    password: Password,
    code: String,
}

/// Shows a key after a recent proof of identity. It stays the same until it
/// expires, so that reloading the page does not invalidate what the app has
/// scanned.
pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
) -> Result<Response, PageError> {
    if user.account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    show_key(&app, &browser, &user, None).await
}

/// Accepts the first code of the app, which turns the app on.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<FactorForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(FactorForm { code }) = fields.map_err(|_| PageError::malformed())?;
    if user.account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    let now = app.clock.now();
    let Some((sealed, key)) = offered(&app, &user.account, now) else {
        let mistake = browser.t().get("factor-key-expired");
        return show_key(&app, &browser, &user, Some(mistake)).await;
    };
    let Some(step) = key.step(&code, now) else {
        let mistake = browser.t().get("factor-wrong-code");
        return page(&app, &browser, &user, &key, Some(mistake));
    };
    let codes = RecoveryCode::draw_all(&app.entropy);
    let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
    let message = emails::to(&user.account, &EmailKind::SecondFactorOn);
    let unit = factors::Confirm {
        actor: &user.actor(&browser),
        sealed,
        step,
        codes: &hashes,
        message: &message,
        now,
    };
    if !transact(&app.pool, &unit).await? {
        return Ok(Redirect::to("/console/account").into_response());
    }
    show_codes(&app, &browser, &user, codes)
}

/// The key that was shown to the account and has not expired.
fn offered<'a>(
    app: &ConsoleApp,
    account: &'a Account,
    now: UnixMillis,
) -> Option<(&'a [u8], TotpKey)> {
    match &account.totp {
        Totp::Offered { sealed, at } if now.since(*at) < OFFER_MILLIS => {
            Some((sealed, app.authentication().totp_key(account, sealed)?))
        }
        Totp::None | Totp::Offered { .. } | Totp::InUse { .. } => None,
    }
}

/// The page with the key that was offered before, or with a new one.
async fn show_key(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let now = app.clock.now();
    if let Some((_, key)) = offered(app, &user.account, now) {
        return page(app, browser, user, &key, mistake);
    }
    let key = TotpKey::draw(&app.entropy);
    let row = user.account.id.as_str();
    let sealed = app.console.vault.close(row, key.as_bytes(), &app.entropy);
    let unit = factors::Offer {
        actor: &user.actor(browser),
        sealed: &sealed,
        replaces: match &user.account.totp {
            Totp::Offered { sealed, .. } => Some(sealed),
            Totp::None | Totp::InUse { .. } => None,
        },
        message: &emails::offered(&user.account),
        now,
    };
    if transact(&app.pool, &unit).await? {
        return page(app, browser, user, &key, mistake);
    }
    // Another tab of the user was first: it shows the key, or the app is
    // already on.
    Ok(Redirect::to(HERE).into_response())
}

/// Turns the app off or replaces the recovery codes. Both require password and
/// code, because someone who finds an unlocked browser has neither.
pub async fn change(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<Confirmation>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Confirmation { change, password, code }) =
        fields.map_err(|_| PageError::malformed())?;
    let (account, now) = (&user.account, app.clock.now());
    if !account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    let (authentication, prefix) = (app.authentication(), &browser.client.prefix);
    if !authentication.is_owner(prefix, account, password, Some(&code)).await? {
        let mistake = browser.t().get("factor-wrong").into();
        return super::page(&app, &browser, &user, None, Some(mistake)).await;
    }
    match change.as_str() {
        "off" => {
            let kind = if account.has_passkey {
                EmailKind::AuthenticatorOff
            } else {
                EmailKind::SecondFactorOff
            };
            let message = emails::to(account, &kind);
            let unit = factors::Remove { actor: &user.actor(&browser), message: &message, now };
            transact(&app.pool, &unit).await?;
            Ok(Redirect::to("/console/account?done=factor-off").into_response())
        }
        "codes" => {
            let codes = RecoveryCode::draw_all(&app.entropy);
            let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
            let actor = &user.actor(&browser);
            let message = emails::to(account, &EmailKind::RecoveryCodesReplaced);
            let unit = factors::ReplaceCodes { actor, codes: &hashes, message: &message, now };
            transact(&app.pool, &unit).await?;
            show_codes(&app, &browser, &user, codes)
        }
        _ => Err(PageError::malformed()),
    }
}

/// Shows the recovery codes, this one time.
pub fn show_codes(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    codes: Vec<RecoveryCode>,
) -> Result<Response, PageError> {
    let mut frame = Frame::of_user(app, browser, user, browser.t().get("codes-title"));
    frame.entry = Entry::Account;
    Ok((StatusCode::CREATED, render(&Codes { frame, codes })?).into_response())
}

fn page(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    key: &TotpKey,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let mut frame = Frame::of_user(app, browser, user, browser.t().get("factor-title"));
    frame.entry = Entry::Account;
    let (url, key) = (key.url(&user.account.email), key.base32());
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // In groups of four, which are easier to read aloud and to type.
    let groups: Vec<String> =
        key.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    let page = Page { frame, key: groups.join(" "), url: url.to_string(), mistake };
    Ok((status, render(&page)?).into_response())
}
