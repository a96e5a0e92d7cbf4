//! `…/audit`: the audit log, newest first. The URL says which part a page
//! shows, so that a link shows everyone with access the same entries.

pub mod csv;
pub mod json;
mod query;
mod reading;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Html;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_i18n::Texts;
use munjigi_store::audit::{self, Recorded};
use query::Asked;
use serde_json::Value;

use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Entries per page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    actions: Vec<String>,
    asked: Asked,
    /// The query of the next page.
    older: Option<String>,
    /// The query of the first page with the same filters.
    newest: String,
}

struct Row {
    entry: Recorded,
    /// To the second, in UTC.
    at: String,
    details: Vec<Detail>,
}

/// A field that an entry mentions.
struct Detail {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

pub async fn show(
    asking: Asking,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, PageError> {
    // A URL that cannot be parsed shows the newest entries.
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (t, organisation) = (asking.t(), asking.organisation());
    let part = asked.part();
    // One more than is shown, to know whether there is a next page.
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = audit::of_organisation(&asking.app.pool, organisation, &part, limit).await?;
    let is_more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let last = entries.last().map(|entry| entry.id).filter(|_| is_more);
    let page = Page {
        frame: asking.frame(t.get("audit-title"), Entry::Audit),
        older: last.map(|last| asked.query(Some(last))),
        newest: asked.query(None),
        rows: entries.into_iter().map(|entry| row(t, entry)).collect(),
        actions: audit::actions(&asking.app.pool, organisation).await?,
        asked,
    };
    render(&page)
}

fn row(t: Texts, entry: Recorded) -> Row {
    let at = from_timestamp(entry.at).rfc3339();
    let (date, time) = at.split_once('T').unwrap_or_default();
    let time = time.split('.').next().unwrap_or_default();
    let details = details(t, entry.before.as_ref(), entry.after.as_ref());
    Row { at: format!("{date} {time}"), details, entry }
}

/// One line per field; those with an old value come first.
fn details(t: Texts, before: Option<&Value>, after: Option<&Value>) -> Vec<Detail> {
    let keys = |side: Option<&Value>| -> Vec<String> {
        side.and_then(Value::as_object).into_iter().flat_map(|it| it.keys().cloned()).collect()
    };
    let mut fields = keys(before);
    for field in keys(after) {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    let side = |side: Option<&Value>, field: &str| side?.get(field).map(|value| words(t, value));
    let detail =
        |field: String| Detail { before: side(before, &field), after: side(after, &field), field };
    fields.into_iter().map(detail).collect()
}

fn words(t: Texts, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => t.get("settings-on").into(),
        Value::Bool(false) => t.get("settings-off").into(),
        Value::Array(items) if items.is_empty() => t.get("settings-none").into(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
