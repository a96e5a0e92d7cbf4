//! `/console/account/passkeys`: lists the user's passkeys and adds one.

pub mod one;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_domain::accounts::factor::RecoveryCode;
use munjigi_domain::accounts::passkey::{self as rules, Made, PasskeyError, Purpose, Registered};
use munjigi_domain::accounts::session::agent_text;
use munjigi_domain::accounts::{Id, TokenHash};
use munjigi_domain::email::EmailKind;
use munjigi_domain::shown::Shown;
use munjigi_i18n::Text;
use munjigi_store::passkeys::{self, Add, Added, Passkey};
use munjigi_store::{factors, transact};
use serde::Deserialize;

use super::factor::show_codes;
use crate::account::{frame, proof};
use crate::flash::Flash;
use crate::frame::{Frame, render};
use crate::mistakes;
use crate::page_error::PageError;
use crate::passkey;
use crate::requester::{AskingUser, Browser};
use munjigi_app::ConsoleApp;
use munjigi_app::emails;

const HERE: &str = "/console/account/passkeys";

#[derive(Template)]
#[template(path = "passkeys.html")]
struct Page {
    frame: Frame,
    passkeys: Vec<Passkey>,
    codes_left: i64,
    suggested: String,
    /// The script, if passkeys are possible at all.
    script: Option<&'static str>,
    notice: Option<Text>,
    mistake: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub struct AddPasskeyForm {
    name: String,
    answer: String,
}

pub async fn show(asking: AskingUser, Flash(done): Flash) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    let t = asking.t();
    let notice = match done.as_deref() {
        Some("added") => Some(t.get("passkeys-done-added")),
        Some("renamed") => Some(t.get("passkeys-done-renamed")),
        Some("removed") => Some(t.get("passkeys-done-removed")),
        _ => None,
    };
    page(&asking, notice, None).await
}

/// Options for the browser's passkey prompt.
pub async fn options(asking: AskingUser) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    let account = &asking.user.account;
    let known = passkeys::known(&asking.app.pool, &account.id).await?;
    let begun =
        passkey::party(&asking.app)?.register(&account.id, &account.email, &account.name, &known);
    let begun = begun.map_err(passkey::unasked)?;
    passkey::begin(&asking.app, &asking.browser, Purpose::Register, begun).await
}

/// Stores the passkey that the browser created.
pub async fn submit(
    asking: AskingUser,
    fields: Result<Form<AddPasskeyForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(AddPasskeyForm { name, answer }) = fields.map_err(|_| PageError::malformed())?;
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    let Some(name) = rules::name(&name) else {
        let mistake = asking.t().get("passkeys-no-name");
        return page(&asking, None, Some(mistake)).await;
    };
    let registered = match registered(&asking.app, &asking.browser, &answer).await? {
        Ok(registered) => registered,
        Err(error) => return refuse(&asking, error).await,
    };
    let codes =
        (!asking.user.account.has_factor()).then(|| RecoveryCode::draw_all(&asking.app.entropy));
    let hashes = codes.as_ref().map(|it| it.iter().map(RecoveryCode::hash).collect::<Vec<_>>());
    let kind = EmailKind::PasskeyAdded { name: Shown::of(&name) };
    let (actor, message) = (asking.actor(), emails::to(&asking.user.account, &kind));
    let unit = Add {
        id: &Id::draw(&asking.app.entropy),
        name: &name,
        registered: &registered,
        codes: hashes.as_deref(),
        actor: &actor,
        message: &message,
        now: asking.app.clock.now(),
    };
    match (transact(&asking.app.pool, &unit).await?, codes) {
        (Added::No, _) => refuse(&asking, PasskeyError::Full).await,
        (Added::Yes, Some(codes)) => show_codes(&asking, codes),
        (Added::Yes, None) => Ok(Redirect::to(&format!("{HERE}?done=added")).into_response()),
    }
}

/// Replaces the recovery codes.
pub async fn codes(asking: AskingUser) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    if !asking.user.account.has_factor() {
        return Ok(Redirect::to(HERE).into_response());
    }
    let codes = RecoveryCode::draw_all(&asking.app.entropy);
    let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
    let (actor, now) = (&asking.actor(), asking.app.clock.now());
    let message = emails::to(&asking.user.account, &EmailKind::RecoveryCodesReplaced);
    let unit = factors::ReplaceCodes { actor, codes: &hashes, message: &message, now };
    transact(&asking.app.pool, &unit).await?;
    show_codes(&asking, codes)
}

async fn registered(
    app: &ConsoleApp,
    browser: &Browser,
    answer: &str,
) -> Result<Result<Registered, PasskeyError>, PageError> {
    let (party, now) = (passkey::party(app)?, app.clock.now());
    let holder = browser.form_holder().ok_or(PageError::foreign_form())?.hash();
    let read = Made::read(answer).and_then(|made| Ok((made.challenge()?, made)));
    let (challenge, made) = match read {
        Ok(read) => read,
        Err(error) => return Ok(Err(error)),
    };
    let state = passkeys::take(&app.pool, challenge, Purpose::Register, holder, now).await?;
    Ok(state.ok_or(PasskeyError::Over).and_then(|state| party.registered(&state, &made)))
}

async fn refuse(asking: &AskingUser, error: PasskeyError) -> Result<Response, PageError> {
    metrics::counter!("munjigi_console_passkeys_total", "outcome" => error.code()).increment(1);
    page(asking, None, Some(mistakes::of_passkey(asking.t(), error))).await
}

async fn page(
    asking: &AskingUser,
    notice: Option<Text>,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("passkeys-title"));
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        passkeys: passkeys::of_account(&asking.app.pool, &asking.user.account.id).await?,
        codes_left: factors::recovery_codes_left(&asking.app.pool, &asking.user.account.id).await?,
        suggested: agent_text(&asking.t(), &asking.browser.client.agent),
        script: passkey::script(&asking.app),
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}
