//! `/console/account/passkeys`: lists the user's passkeys and adds one.

pub mod one;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
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
use super::proof;
use crate::flash::Flash;
use crate::frame::{Entry, Frame, render};
use crate::mistakes;
use crate::page_error::PageError;
use crate::passkey;
use crate::requester::{Browser, User};
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

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    Flash(done): Flash,
) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    let t = browser.t();
    let notice = match done.as_deref() {
        Some("added") => Some(t.get("passkeys-done-added")),
        Some("renamed") => Some(t.get("passkeys-done-renamed")),
        Some("removed") => Some(t.get("passkeys-done-removed")),
        _ => None,
    };
    page(&app, &browser, &user, notice, None).await
}

/// Options for the browser's passkey prompt.
pub async fn options(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    let account = &user.account;
    let known = passkeys::known(&app.pool, &account.id).await?;
    let begun = passkey::party(&app)?.register(&account.id, &account.email, &account.name, &known);
    let begun = begun.map_err(passkey::unasked)?;
    passkey::begin(&app, &browser, Purpose::Register, begun).await
}

/// Stores the passkey that the browser created.
pub async fn submit(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
    fields: Result<Form<AddPasskeyForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(AddPasskeyForm { name, answer }) = fields.map_err(|_| PageError::malformed())?;
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    let Some(name) = rules::name(&name) else {
        let mistake = browser.t().get("passkeys-no-name");
        return page(&app, &browser, &user, None, Some(mistake)).await;
    };
    let registered = match registered(&app, &browser, &answer).await? {
        Ok(registered) => registered,
        Err(error) => return refuse(&app, &browser, &user, error).await,
    };
    let codes = (!user.account.has_factor()).then(|| RecoveryCode::draw_all(&app.entropy));
    let hashes = codes.as_ref().map(|it| it.iter().map(RecoveryCode::hash).collect::<Vec<_>>());
    let kind = EmailKind::PasskeyAdded { name: Shown::of(&name) };
    let (actor, message) = (user.actor(&browser), emails::to(&user.account, &kind));
    let unit = Add {
        id: &Id::draw(&app.entropy),
        name: &name,
        registered: &registered,
        codes: hashes.as_deref(),
        actor: &actor,
        message: &message,
        now: app.clock.now(),
    };
    match (transact(&app.pool, &unit).await?, codes) {
        (Added::No, _) => refuse(&app, &browser, &user, PasskeyError::Full).await,
        (Added::Yes, Some(codes)) => show_codes(&app, &browser, &user, codes),
        (Added::Yes, None) => Ok(Redirect::to(&format!("{HERE}?done=added")).into_response()),
    }
}

/// Replaces the recovery codes.
pub async fn codes(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    Extension(user): Extension<User>,
) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    if !user.account.has_factor() {
        return Ok(Redirect::to(HERE).into_response());
    }
    let codes = RecoveryCode::draw_all(&app.entropy);
    let hashes: Vec<TokenHash> = codes.iter().map(RecoveryCode::hash).collect();
    let (actor, now) = (&user.actor(&browser), app.clock.now());
    let message = emails::to(&user.account, &EmailKind::RecoveryCodesReplaced);
    let unit = factors::ReplaceCodes { actor, codes: &hashes, message: &message, now };
    transact(&app.pool, &unit).await?;
    show_codes(&app, &browser, &user, codes)
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

async fn refuse(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    error: PasskeyError,
) -> Result<Response, PageError> {
    metrics::counter!("munjigi_console_passkeys_total", "outcome" => error.code()).increment(1);
    page(app, browser, user, None, Some(mistakes::of_passkey(browser.t(), error))).await
}

async fn page(
    app: &ConsoleApp,
    browser: &Browser,
    user: &User,
    notice: Option<Text>,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let mut frame = Frame::of_user(app, browser, user, browser.t().get("passkeys-title"));
    frame.entry = Entry::Account;
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        passkeys: passkeys::of_account(&app.pool, &user.account.id).await?,
        codes_left: factors::recovery_codes_left(&app.pool, &user.account.id).await?,
        suggested: agent_text(&browser.t(), &browser.client.agent),
        script: passkey::script(app),
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}
