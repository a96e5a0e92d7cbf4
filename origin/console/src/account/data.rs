//! `/console/account/data`: export of the user's data, erasure of the account,
//! and cancelling it.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use munjigi_app::App;
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

use crate::account::proof;
use crate::frame::{Entry, Frame, render};
use crate::requester::{Browser, Person};
use crate::trouble::Trouble;

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
pub struct Grave {
    password: Password,
}

/// Query after a form was submitted: which notice to show.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Trouble> {
    let is_kept = done.is_ok_and(|Query(done)| done.done == "kept");
    let notice = is_kept.then(|| browser.t().get("own-data-stays"));
    page(&app, &browser, &person, notice, None).await
}

async fn page(
    app: &App,
    browser: &Browser,
    person: &Person,
    notice: Option<Text>,
    mistake: Option<String>,
) -> Result<Response, Trouble> {
    let mut frame = Frame::of_person(app, browser, person, browser.t().get("own-data-title"));
    frame.entry = Entry::Account;
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        grace_days: GRACE_DAYS,
        erased_on: erasure::of_account(&app.pool, &person.account.id).await?.map(day),
        notice,
        mistake,
    };
    Ok((status, render(&page)?).into_response())
}

/// The export: everything stored about the user. It requires a recent proof of
/// identity.
pub async fn export(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<Response, Trouble> {
    if let Some(proof) = proof::asked(&app, &person, HERE) {
        return Ok(proof);
    }
    let (account, now) = (&person.account, app.clock.now());
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
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
    fields: Result<Form<Grave>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(Grave { password }) = fields.map_err(|_| Trouble::malformed())?;
    if let Some(proof) = proof::asked(&app, &person, HERE) {
        return Ok(proof);
    }
    let (account, now) = (&person.account, app.clock.now());
    let mistake = |text: String| page(&app, &browser, &person, None, Some(text));
    let authentication = app.authentication();
    if !authentication.is_owner(&browser.client.prefix, account, password, None).await? {
        return mistake(browser.t().get("own-data-wrong").into()).await;
    }
    let erased_on = erasure::erased_at(now);
    let message = emails::left(&app.console().config, account, from_timestamp(erased_on));
    let unit = Ask { actor: &person.actor(&browser), message: &message, now };
    match transact(&app.pool, &unit).await? {
        Ok((erased_on, ended)) => {
            app.cache.tell_ended(&ended).await;
            let frame = Frame::bare(&app, &browser, browser.t().get("left-title"));
            Ok(render(&Left { frame, erased_on: day(erased_on) })?.into_response())
        }
        Err(StillNeeded { organisations }) => {
            let named = organisations.join(", ");
            mistake(browser.t().get("own-data-needed").with("organisations", named).into()).await
        }
    }
}

/// Cancels the erasure.
pub async fn keep(
    State(app): State<Arc<App>>,
    Extension(browser): Extension<Browser>,
    Extension(person): Extension<Person>,
) -> Result<Response, Trouble> {
    let message = emails::stays(&person.account);
    let actor = person.actor(&browser);
    transact(&app.pool, &TakeBack { actor: &actor, message: &message, now: app.clock.now() })
        .await?;
    Ok(Redirect::to(&format!("{HERE}?done=kept")).into_response())
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}
