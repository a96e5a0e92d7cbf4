//! `…/record.csv`: the same as a file. It is sent as it is read, so that a
//! long record takes no more memory than a short one.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

use super::query::Asked;
use crate::accounts::Id;
use crate::http::App;
use crate::http::console::person::Member;
use crate::store::audit::{self, Part, Recorded};
use crate::store::{StoreError, from_timestamp};

/// Entries that are read at once.
const BATCH: i64 = 500;

const HEAD: &str = "id,at,actor,prefix,action,subject,before,after,request_id\r\n";

/// The file.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(member): Extension<Member>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let part = asked.map(|Query(asked)| asked).unwrap_or_default().part();
    let reading = Reading { app, organisation: member.membership.organisation, part: Some(part) };
    let lines = stream::try_unfold(reading, Reading::next);
    let head = stream::iter([Ok::<_, StoreError>(HEAD.to_owned())]);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"record.csv\""),
    ];
    (headers, Body::from_stream(stream::StreamExt::chain(head, lines))).into_response()
}

/// How far a file is.
struct Reading {
    app: Arc<App>,
    organisation: Id,
    /// What is still to be read, if anything.
    part: Option<Part>,
}

impl Reading {
    async fn next(self) -> Result<Option<(String, Self)>, StoreError> {
        let Self { app, organisation, part } = self;
        let Some(part) = part else { return Ok(None) };
        let read = audit::of_organisation(&app.pool, &organisation, &part, BATCH).await;
        let entries = read.inspect_err(|error| tracing::warn!(%error, "a file ends early"))?;
        let last = entries.last().map(|entry| entry.id);
        let part = last.map(|last| Part { before: Some(last), ..part });
        let lines: String = entries.iter().map(line).collect();
        Ok(Some((lines, Self { app, organisation, part })))
    }
}

fn line(entry: &Recorded) -> String {
    let json = |side: &Option<Value>| side.as_ref().map(Value::to_string).unwrap_or_default();
    let fields = [
        entry.id.to_string(),
        from_timestamp(entry.at).rfc3339(),
        entry.actor.clone(),
        entry.prefix.clone(),
        entry.action.clone(),
        entry.subject.clone(),
        json(&entry.before),
        json(&entry.after),
        entry.request_id.clone(),
    ];
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    format!("{}\r\n", fields.join(","))
}

/// A field as RFC 4180 has it. Spreadsheets take what begins with one of
/// these for a formula, and run it: an apostrophe before it makes it text.
fn field(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_or_ends_early() {
        for (text, written) in [
            ("kim@shop.example", "\"kim@shop.example\""),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("a\",=1", "\"a\"\",=1\""),
            ("", "\"\""),
        ] {
            assert_eq!(field(text), written);
        }
    }
}
