//! `…/statistics.csv` and `.json`: every row of a table for other programs,
//! with all of its numbers.

use std::fmt::Write as _;

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use munjigi_domain::statistics::Totals;
use serde_json::{Value, json};

use super::{Table, table};
use crate::audit::csv::field;
use crate::filter::Filter;
use crate::page_error::PageError;
use crate::requester::Asking;

/// Percentiles of the solve times.
const PERCENTILES: [(&str, f64); 4] = [("p50", 0.5), ("p75", 0.75), ("p95", 0.95), ("p99", 0.99)];

/// For spreadsheets.
pub async fn csv(asking: Asking, filter: Filter) -> Result<Response, PageError> {
    let Table { all, rows, .. } = table(&asking, &filter).await?;
    let mut text = filter.by().as_str().to_owned();
    for prefix in ["", "before_"] {
        for (name, _) in counts(&all.totals) {
            let _ = write!(text, ",{prefix}{name}");
        }
        for (name, _) in PERCENTILES {
            let _ = write!(text, ",{prefix}solved_{name}_ms");
        }
    }
    text.push_str("\r\n");
    for row in rows {
        text.push_str(&field(&row.label));
        for totals in [&row.totals, &row.before] {
            for (_, number) in counts(totals) {
                let _ = write!(text, ",{number}");
            }
            for (_, share) in PERCENTILES {
                text.push(',');
                if let Some(time) = totals.solved_within_ms(share) {
                    let _ = write!(text, "{time}");
                }
            }
        }
        text.push_str("\r\n");
    }
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned());
    Ok(([kind, named(&filter, "csv")], text).into_response())
}

/// For programs.
pub async fn json(asking: Asking, filter: Filter) -> Result<Response, PageError> {
    let Table { span, all, rows } = table(&asking, &filter).await?;
    let row = |row: &super::Row| json!({ "value": row.label, "now": numbers(&row.totals), "before": numbers(&row.before) });
    let document = json!({
        "by": filter.by().as_str(),
        "period": filter.period().as_str(),
        "from": span.from.rfc3339(),
        "to": span.to.rfc3339(),
        "site": Some(&filter.site).filter(|site| !site.is_empty()),
        "all": { "now": numbers(&all.totals), "before": numbers(&all.before) },
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    });
    Ok(([named(&filter, "json")], Json(document)).into_response())
}

fn named(filter: &Filter, ending: &str) -> (header::HeaderName, String) {
    let (by, period) = (filter.by().as_str(), filter.period().as_str());
    let name = format!("attachment; filename=\"munjigi-{by}-{period}.{ending}\"");
    (header::CONTENT_DISPOSITION, name)
}

fn numbers(totals: &Totals) -> Value {
    let mut document = serde_json::Map::new();
    for (name, number) in counts(totals) {
        document.insert(name.to_owned(), number.into());
    }
    let time =
        |(name, share): (&str, f64)| (name.to_owned(), totals.solved_within_ms(share).into());
    let times = PERCENTILES.into_iter().map(time).collect();
    document.insert("solved_ms".to_owned(), Value::Object(times));
    Value::Object(document)
}

const fn counts(totals: &Totals) -> [(&'static str, u64); 10] {
    [
        ("issued", totals.issued),
        ("solved", totals.solved),
        ("failed", totals.failed),
        ("stepped", totals.stepped),
        ("abandoned", totals.abandoned),
        ("refused", totals.refused),
        ("redeemed", totals.redeemed),
        ("rejected", totals.rejected),
        ("pictured", totals.pictured),
        ("interactive", totals.interactive),
    ]
}
