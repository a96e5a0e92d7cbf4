//! Answers as snapshots.

use super::Answer;

/// Status, headers and body as a snapshot. Values that differ each time are
/// checked before they are redacted.
pub fn contract(answer: &Answer, edge: &reqwest::Url) -> String {
    let id = answer.headers["munjigi-request-id"].to_str().unwrap();
    assert!(id.len() == 22 && id.is_ascii(), "{id}");
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = answer.body.replace(edge.as_str(), "https://edge.example/");
    format!("{}\n{}\n\n{body}\n", answer.status, headers.join("\n")).replace(id, "<22 characters>")
}
