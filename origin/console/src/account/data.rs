//! `/console/account/data`: export of the user's data, erasure of the account,
//! and cancelling it.

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::ConsoleApp;
use munjigi_app::emails;
use munjigi_domain::accounts::Password;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_i18n::Text;
use munjigi_store::erasure::{self, Ask, StillNeeded, TakeBack};
use munjigi_store::privacy::GRACE_DAYS;
use munjigi_store::{personal_data, transact};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::account::{frame, proof};
use crate::flash::Flash;
use crate::frame::{Frame, render};
use crate::page_error::PageError;
use crate::requester::{AskingUser, User};

const HERE: &str = "/console/account/data";

#[derive(Template)]
#[template(path = "own-data.html")]
struct Page {
    frame: Frame,
    grace_days: u16,
    /// Date of erasure, if one was requested.
    erased_on: Option<String>,
    notice: Option<Text>,
    mistake: Option<String>,
}

#[derive(Template)]
#[template(path = "left.html")]
struct Left {
    frame: Frame,
    erased_on: String,
}

/// The form that requests erasure.
#[derive(Debug, Deserialize)]
pub struct Confirmation {
    password: Password,
}

pub async fn show(asking: AskingUser, Flash(done): Flash) -> Result<Response, PageError> {
    let is_kept = done.as_deref() == Some("kept");
    let notice = is_kept.then(|| asking.t().get("own-data-stays"));
    page(&asking, notice, None).await
}

async fn page(
    asking: &AskingUser,
    notice: Option<Text>,
    mistake: Option<String>,
) -> Result<Response, PageError> {
    let frame = frame(asking, asking.t().get("own-data-title"));
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        grace_days: GRACE_DAYS,
        erased_on: erasure::of_account(&asking.app.pool, &asking.user.account.id).await?.map(day),
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}

/// The export: everything stored about the signed-in user. It requires a recent proof of
/// identity.
pub async fn export(
    State(app): State<ConsoleApp>,
    Extension(user): Extension<User>,
) -> Result<Response, PageError> {
    if let Some(proof) = proof::asked(&app, &user, HERE) {
        return Ok(proof);
    }
    let (account, now) = (&user.account, app.clock.now());
    let tables = personal_data::export(&app.pool, &account.id, account.email.as_str()).await?;
    let file =
        json!({ "made_at": now.rfc3339(), "account": account.id.as_str(), "tables": tables });
    let text = serde_json::to_string_pretty(&file).expect("rows are plain data");
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"munjigi-account.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

/// Requests erasure. It requires the password and, for accounts that have a
/// second factor, a recent proof of it.
pub async fn leave(
    asking: AskingUser,
    fields: Result<Form<Confirmation>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Confirmation { password }) = fields.map_err(|_| PageError::malformed())?;
    if let Some(proof) = proof::asked(&asking.app, &asking.user, HERE) {
        return Ok(proof);
    }
    let (account, now) = (&asking.user.account, asking.app.clock.now());
    let mistake = |text: String| page(&asking, None, Some(text));
    let authentication = asking.app.authentication();
    if !authentication.is_owner(&asking.user.session.id, account, password, None).await? {
        return mistake(asking.t().get("own-data-wrong").into()).await;
    }
    let erased_on = erasure::erased_at(now);
    let message = emails::left(&asking.app.console.config, account, from_timestamp(erased_on));
    let unit = Ask { actor: &asking.actor(), message: &message, now };
    match transact(&asking.app.pool, &unit).await? {
        Ok((erased_on, ended)) => {
            asking.app.cache.tell_ended(&ended).await;
            let frame = Frame::bare(&asking.app, &asking.browser, asking.t().get("left-title"));
            Ok(render(&Left { frame, erased_on: day(erased_on) })?.into_response())
        }
        Err(StillNeeded { organisations }) => {
            let named = organisations.join(", ");
            mistake(asking.t().get("own-data-needed").with("organisations", named).into()).await
        }
    }
}

/// Cancels the erasure.
pub async fn keep(asking: AskingUser) -> Result<Response, PageError> {
    let message = emails::stays(&asking.user.account);
    let actor = asking.actor();
    transact(
        &asking.app.pool,
        &TakeBack { actor: &actor, message: &message, now: asking.app.clock.now() },
    )
    .await?;
    Ok(Redirect::to(&format!("{HERE}?done=kept")).into_response())
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}
