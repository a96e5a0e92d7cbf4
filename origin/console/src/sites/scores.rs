//! `…/sites/{sitekey}/scores`: what the site's score has learned from the
//! outcomes that its back end reported, and its undoing.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::{Html, IntoResponse, Redirect, Response};
use munjigi_app::sites;
use munjigi_domain::accounts::Permission;
use munjigi_domain::score_weights::{PAUSE_MILLIS, telling};
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::{ScoreWeights, Sign};
use munjigi_store::audit::Author;
use munjigi_store::sites::{ReadCourse, UndoLearning, Undone};
use munjigi_store::transact;
use serde::Deserialize;

use super::find;
use crate::flash::Flash;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "scores.html")]
struct Page {
    frame: Frame,
    name: String,
    sitekey: String,
    /// The version in force; `None` where the fixed weights are.
    version: Option<u32>,
    rows: Vec<Row>,
    /// Whether weights wait until outcomes have judged them.
    is_waiting: bool,
    may_undo: bool,
    notice: Option<Text>,
}

/// What a sign says at this site.
struct Row {
    sign: &'static str,
    /// By how much it multiplies the odds of fraud, as `× 2.5`.
    odds: String,
    speaks: Text,
}

pub async fn show(
    asking: Asking,
    Path((_, sitekey)): Path<(String, String)>,
    Flash(done): Flash,
) -> Result<Html<String>, PageError> {
    let (t, site) = (asking.t(), find(&asking, &sitekey).await?);
    let course = transact(&asking.app.pool, &ReadCourse { sitekey: &sitekey }).await?;
    let course = course.ok_or(PageError::nothing_here())?;
    let weights = course.published();
    render(&Page {
        frame: asking.frame(t.get("scores-of").with("name", &site.name), Entry::Sites),
        version: weights.as_ref().map(|weights| weights.version),
        rows: weights.as_ref().map_or_else(Vec::new, |weights| rows(t, weights)),
        is_waiting: course.shadow.is_some(),
        may_undo: weights.is_some()
            && site.deleted_at.is_none()
            && asking.role().may(Permission::ChangeSites),
        notice: done.and_then(|done| notice(t, &done)),
        name: site.name,
        sitekey,
    })
}

#[derive(Debug, Deserialize)]
pub struct ScoresForm {
    /// The weights that were shown: those alone are undone, and once.
    version: u32,
}

/// Goes back to the weights before.
pub async fn submit(
    asking: Asking,
    Path((organisation, sitekey)): Path<(String, String)>,
    fields: Result<Form<ScoresForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    find(&asking, &sitekey).await?;
    let (actor, now) = (asking.actor(), asking.app.clock.now());
    let (shown, by) = (Some(fields.version), Author::Account(&actor));
    let unit = UndoLearning { sitekey: &sitekey, shown, by, now };
    let done = match sites::write(&asking.app, &sitekey, &unit).await? {
        Undone::Done(_) => "undone",
        Undone::Nothing => "nothing",
        Undone::Unknown => return Err(PageError::nothing_here()),
    };
    let place = format!("/console/{organisation}/sites/{sitekey}/scores?done={done}");
    Ok(Redirect::to(&place).into_response())
}

fn rows(t: Texts, weights: &ScoreWeights) -> Vec<Row> {
    let row = |(sign, adds): (Sign, i32)| Row {
        sign: sign.as_str(),
        odds: format!("× {:.2}", (f64::from(adds) / 1_000.0).exp()),
        speaks: t.get(if adds > 0 { "scores-against" } else { "scores-for" }),
    };
    telling(weights).into_iter().map(row).collect()
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "undone" => t.get("scores-done-undone").count("days", PAUSE_MILLIS / 86_400_000),
        "nothing" => t.get("scores-done-nothing"),
        _ => return None,
    })
}
