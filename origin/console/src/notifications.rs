//! `…/notifications`: who is notified when an anomaly begins: webhooks, and
//! members by email.

pub mod add;
pub mod change;
pub mod recipients;
pub mod test;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_domain::webhooks::MOST_WEBHOOKS;
use munjigi_i18n::{Text, Texts};
use munjigi_store::organisations::{self, MemberRow};
use munjigi_store::webhooks::{self, Delivery, Recipient, Webhook};
use time::OffsetDateTime;

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Number of deliveries shown.
const DELIVERIES: i64 = 30;

#[derive(Template)]
#[template(path = "notifications.html")]
struct Page {
    frame: Frame,
    notice: Option<Text>,
    said: Said,
    webhooks: Vec<Webhook>,
    deliveries: Vec<Delivery>,
    members: Vec<MemberRow>,
    recipients: Vec<Recipient>,
    has_mail: bool,
}

/// What the page shows besides the stored settings.
#[derive(Debug, Default)]
struct Said {
    /// What is wrong with the input.
    mistake: Option<String>,
    /// The input, to show it again.
    url: String,
    /// Result of a test.
    tested: Option<test::Tested>,
}

pub async fn show(asking: Asking, Flash(done): Flash) -> Result<Response, PageError> {
    let notice = done.and_then(|done| notice(asking.t(), &done));
    page(&asking, notice, Said::default()).await
}

/// The page, with a notice or a mistake.
async fn page(asking: &Asking, notice: Option<Text>, said: Said) -> Result<Response, PageError> {
    let (pool, organisation) = (&asking.app.pool, asking.organisation());
    let is_mistaken = said.mistake.is_some();
    let status = if is_mistaken { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: asking.frame(asking.t().get("notifications-title"), Entry::Notifications),
        notice,
        said,
        webhooks: webhooks::of_organisation(pool, organisation).await?,
        deliveries: webhooks::deliveries(pool, organisation, DELIVERIES).await?,
        members: organisations::members(pool, organisation).await?,
        recipients: webhooks::recipients(pool, organisation).await?,
        has_mail: asking.app.mail.is_some(),
    };
    Ok((status, render(&page)?).into_response())
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "paused" => t.get("notifications-done-paused"),
        "resumed" => t.get("notifications-done-resumed"),
        "deleted" => t.get("notifications-done-deleted"),
        "recipients" => t.get("notifications-done-recipients"),
        _ => return None,
    })
}

/// Redirects to the page.
fn back(asking: &Asking, done: &str) -> Response {
    let place = format!("/console/{}/notifications?done={done}", asking.organisation());
    Redirect::to(&place).into_response()
}

impl Page {
    fn is_told(&self, member: &MemberRow) -> bool {
        self.recipients.iter().any(|recipient| recipient.account == member.account)
    }
}

/// `2026-11-20 12:00:30`, in UTC.
fn second(at: &OffsetDateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second())
}
