//! `…/anomalies`: how a site's traffic differed from its own past, when, and in
//! which numbers; and who has acknowledged it.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{Html, IntoResponse, Redirect, Response};
use munjigi_domain::accounts::{Id, Permission};
use munjigi_domain::anomalies::{Basis, DAYS_NEEDED, WEEKS_NEEDED};
use munjigi_i18n::{Text, Texts};
use munjigi_store::anomalies::{self, Acknowledge, AnomalyFilter, AnomalyRecord};
use munjigi_store::transact;
use serde::Deserialize;
use time::OffsetDateTime;

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Number of anomalies on the page.
const MOST: i64 = 200;

#[derive(Template)]
#[template(path = "anomalies.html")]
struct Page {
    frame: Frame,
    notice: Option<Text>,
    open: Vec<AnomalyRecord>,
    closed: Vec<AnomalyRecord>,
    may_acknowledge: bool,
}

#[derive(Debug, Deserialize)]
pub struct Which {
    anomaly: String,
}

pub async fn show(asking: Asking, Flash(done): Flash) -> Result<Html<String>, PageError> {
    let is_done = done.as_deref() == Some("acknowledged");
    let (pool, organisation) = (&asking.app.pool, asking.organisation());
    let all =
        anomalies::of_organisation(pool, organisation, AnomalyFilter::Everything, MOST).await?;
    let (open, closed) = all.into_iter().partition(|noted| noted.closed_at.is_none());
    render(&Page {
        frame: asking.frame(asking.t().get("anomalies-title"), Entry::Anomalies),
        notice: is_done.then(|| asking.t().get("anomalies-acknowledged")),
        open,
        closed,
        may_acknowledge: asking.role().may(Permission::ChangeRules),
    })
}

pub async fn acknowledge(
    asking: Asking,
    fields: Result<Form<Which>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Which { anomaly }) = fields.map_err(|_| PageError::malformed())?;
    let id: Id = anomaly.parse().map_err(|_| PageError::malformed())?;
    let (organisation, actor) = (asking.organisation(), &asking.actor());
    let unit = Acknowledge { id: &id, organisation, actor, now: asking.app.clock.now() };
    if !transact(&asking.app.pool, &unit).await? {
        return Err(PageError::nothing_here());
    }
    let place = format!("/console/{organisation}/anomalies?done=acknowledged");
    Ok(Redirect::to(&place).into_response())
}

/// `2026-11-20 12:00`, in UTC.
fn minute(at: &OffsetDateTime) -> String {
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

/// The hours that it was compared with.
fn against(t: &Texts, noted: &AnomalyRecord) -> Text {
    let figures = noted.seen.figures;
    let hours = figures.hours;
    match figures.basis {
        Basis::HourOfWeek => t.get("anomalies-same-hour-of-week").count("hours", hours),
        Basis::HourOfDay => t.get("anomalies-same-hour-of-day").count("hours", hours),
    }
}
