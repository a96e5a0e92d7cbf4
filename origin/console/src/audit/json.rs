//! `…/audit.json`: the audit log as JSON. A truncated file is not valid JSON,
//! so no one mistakes a part for the whole.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_store::audit::Recorded;
use serde::Serialize;
use serde_json::Value;

use super::query::Asked;
use super::reading::{File, send};
use crate::requester::Asking;

const FILE: File = File {
    name: "record.json",
    kind: "application/json",
    head: "[\n",
    between: ",\n",
    foot: "\n]\n",
    line,
};

pub async fn show(asking: Asking, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    send(asking, asked, &FILE)
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    id: i64,
    at: String,
    actor: &'a str,
    prefix: &'a str,
    action: &'a str,
    subject: &'a str,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    request_id: &'a str,
}

fn line(entry: &Recorded) -> String {
    let line = Line {
        id: entry.id,
        at: from_timestamp(entry.at).rfc3339(),
        actor: &entry.actor,
        prefix: &entry.prefix,
        action: &entry.action,
        subject: &entry.subject,
        before: entry.before.as_ref(),
        after: entry.after.as_ref(),
        request_id: &entry.request_id,
    };
    serde_json::to_string(&line).expect("an entry is plain data")
}
