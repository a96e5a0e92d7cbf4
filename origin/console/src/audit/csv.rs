//! `…/audit.csv`: the audit log as a table for other programs.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_store::audit::Recorded;
use serde_json::Value;

use super::query::Asked;
use super::reading::{File, send};
use crate::requester::Asking;

const FILE: File = File {
    name: "record.csv",
    kind: "text/csv; charset=utf-8",
    head: "id,at,actor,prefix,action,subject,before,after,request_id\r\n",
    between: "",
    foot: "",
    line,
};

pub async fn show(asking: Asking, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    send(asking, asked, &FILE)
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

/// A field in RFC 4180's syntax. Spreadsheets run text that begins with one of
/// these characters as a formula; an apostrophe before it prevents that.
pub fn field(text: &str) -> String {
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
