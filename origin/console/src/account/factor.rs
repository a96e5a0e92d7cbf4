//! `/console/account/factor`: turns an authenticator app on and off.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
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

use crate::account::{frame, proof};
use crate::frame::{Frame, render};
use crate::page_error::PageError;
use crate::requester::AskingUser;

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
pub async fn show(asking: AskingUser) -> Result<Response, PageError> {
    if asking.user.account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    show_key(&asking, None).await
}

/// Accepts the first code of the app, which turns the app on.
pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<FactorForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(FactorForm { code }) = fields.map_err(|_| PageError::malformed())?;
    if asking.user.account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    let now = asking.app.clock.now();
    let Some((sealed, key)) = offered(&asking.app, &asking.user.account, now) else {
        let mistake = asking.t().get("factor-key-expired");
        return show_key(&asking, Some(mistake)).await;
    };
    let Some(step) = key.step(&code, now) else {
        let mistake = asking.t().get("factor-wrong-code");
        return page(&asking, &key, Some(mistake));
    };
    let codes = RecoveryCode::draw_all(&asking.app.entropy);
    let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
    let message = emails::to(&asking.user.account, &EmailKind::SecondFactorOn);
    let unit = factors::Confirm {
        actor: &asking.actor(),
        sealed,
        step,
        codes: &hashes,
        message: &message,
        now,
    };
    if !transact(&asking.app.pool, &unit).await? {
        return Ok(Redirect::to("/console/account").into_response());
    }
    show_codes(&asking, codes)
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
async fn show_key(asking: &AskingUser, mistake: Option<Text>) -> Result<Response, PageError> {
    let now = asking.app.clock.now();
    if let Some((_, key)) = offered(&asking.app, &asking.user.account, now) {
        return page(asking, &key, mistake);
    }
    let key = TotpKey::draw(&asking.app.entropy);
    let row = asking.user.account.id.as_str();
    let sealed = asking.app.console.vault.close(row, key.as_bytes(), &asking.app.entropy);
    let unit = factors::Offer {
        actor: &asking.actor(),
        sealed: &sealed,
        replaces: match &asking.user.account.totp {
            Totp::Offered { sealed, .. } => Some(sealed),
            Totp::None | Totp::InUse { .. } => None,
        },
        message: &emails::offered(&asking.user.account),
        now,
    };
    if transact(&asking.app.pool, &unit).await? {
        return page(asking, &key, mistake);
    }
    // Another tab of the user was first: it shows the key, or the app is
    // already on.
    Ok(Redirect::to(HERE).into_response())
}

/// Turns the app off or replaces the recovery codes. Both require password and
/// code, because someone who finds an unlocked browser has neither.
pub async fn change(
    asking: AskingUser,
    fields: Result<Form<Confirmation>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Confirmation { change, password, code }) =
        fields.map_err(|_| PageError::malformed())?;
    let (account, now) = (&asking.user.account, asking.app.clock.now());
    if !account.has_totp() {
        return Ok(Redirect::to("/console/account").into_response());
    }
    let (authentication, session) = (asking.app.authentication(), &asking.user.session.id);
    if !authentication.is_owner(session, account, password, Some(&code)).await? {
        let mistake = asking.t().get("factor-wrong").into();
        return super::page(&asking, None, Some(mistake)).await;
    }
    match change.as_str() {
        "off" => {
            let kind = if account.has_passkey {
                EmailKind::AuthenticatorOff
            } else {
                EmailKind::SecondFactorOff
            };
            let message = emails::to(account, &kind);
            let unit = factors::Remove { actor: &asking.actor(), message: &message, now };
            transact(&asking.app.pool, &unit).await?;
            Ok(Redirect::to("/console/account?done=factor-off").into_response())
        }
        "codes" => {
            let codes = RecoveryCode::draw_all(&asking.app.entropy);
            let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
            let actor = &asking.actor();
            let message = emails::to(account, &EmailKind::RecoveryCodesReplaced);
            let unit = factors::ReplaceCodes { actor, codes: &hashes, message: &message, now };
            transact(&asking.app.pool, &unit).await?;
            show_codes(&asking, codes)
        }
        _ => Err(PageError::malformed()),
    }
}

/// Shows the recovery codes, this one time.
pub fn show_codes(asking: &AskingUser, codes: Vec<RecoveryCode>) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("codes-title"));
    Ok((StatusCode::CREATED, render(&Codes { frame, codes })?).into_response())
}

fn page(asking: &AskingUser, key: &TotpKey, mistake: Option<Text>) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("factor-title"));
    let (url, key) = (key.url(&asking.user.account.email), key.base32());
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // In groups of four, which are easier to read aloud and to type.
    let groups: Vec<String> =
        key.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    let page = Page { frame, key: groups.join(" "), url: url.to_string(), mistake };
    Ok((status, render(&page)?).into_response())
}
