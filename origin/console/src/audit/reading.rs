//! The audit log as a file. It is streamed as it is read, so that a long log
//! takes no more memory than a short one.

use axum::body::Body;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::Id;
use munjigi_store::DatabaseError;
use munjigi_store::audit::{self, AuditFilter, Recorded};

use super::query::Asked;
use crate::requester::Asking;

/// Entries per query.
const BATCH: i64 = 500;

pub struct File {
    /// File name of the download.
    pub name: &'static str,
    pub kind: &'static str,
    /// Text before the first entry.
    pub head: &'static str,
    /// Text between two entries.
    pub between: &'static str,
    /// Text after the last entry.
    pub foot: &'static str,
    /// Formats an entry.
    pub line: fn(&Recorded) -> String,
}

/// Streams the part of the log that the URL asks for.
pub fn send(
    asking: Asking,
    asked: Result<Query<Asked>, QueryRejection>,
    file: &'static File,
) -> Response {
    let part = asked.map(|Query(asked)| asked).unwrap_or_default().part();
    let organisation = asking.organisation().clone();
    let reading = Reading { app: asking.app, organisation, part: Some(part), between: "", file };
    let (head, foot) = (Ok::<_, DatabaseError>(file.head.to_owned()), Ok(file.foot.to_owned()));
    let lines = stream::try_unfold(reading, Reading::next);
    let whole = stream::iter([head]).chain(lines).chain(stream::iter([foot]));
    let headers = [
        (header::CONTENT_TYPE, file.kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    (headers, Body::from_stream(whole)).into_response()
}

/// Position in a file.
struct Reading {
    app: ConsoleApp,
    organisation: Id,
    /// What remains to be read.
    part: Option<AuditFilter>,
    /// Separator before the next entry.
    between: &'static str,
    file: &'static File,
}

impl Reading {
    async fn next(self) -> Result<Option<(String, Self)>, DatabaseError> {
        let Self { app, organisation, part, mut between, file } = self;
        let Some(part) = part else { return Ok(None) };
        let read = audit::of_organisation(&app.pool, &organisation, &part, BATCH).await;
        let entries = read.inspect_err(|error| tracing::warn!(%error, "a file ends early"))?;
        let last = entries.last().map(|entry| entry.id);
        let part = last.map(|last| AuditFilter { before: Some(last), ..part });
        let mut lines = String::new();
        for entry in &entries {
            lines.push_str(between);
            lines.push_str(&(file.line)(entry));
            between = file.between;
        }
        Ok(Some((lines, Self { app, organisation, part, between, file })))
    }
}
