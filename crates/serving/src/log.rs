//! Structured log lines: one JSON object each. Never a token, a secret or an
//! address; ids, codes and durations only.

use serde::Serialize;

/// Severity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Level {
    /// For information.
    #[serde(rename = "info")]
    Info,
    /// Served, but a background component is unavailable.
    #[serde(rename = "warn")]
    Warn,
    /// Not served, and the fault is ours.
    #[serde(rename = "error")]
    Error,
}

/// One line. Fields that do not apply are omitted.
#[derive(Debug, Clone, Serialize)]
pub struct Line<'text> {
    /// Severity of the line.
    pub level: Level,
    /// What happened, always in the same words.
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'text str>,
    /// The platform's id of the request, by which an operator finds it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ray: Option<&'text str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'static str>,
    /// HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'text str>,
    /// Includes waits; the platform's clock stands still between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What is wrong and what to check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'text str>,
}

impl<'text> Line<'text> {
    /// A line with nothing but its event.
    pub const fn new(level: Level, event: &'static str) -> Self {
        Self {
            level,
            event,
            request_id: None,
            ray: None,
            route: None,
            status: None,
            code: None,
            duration_ms: None,
            count: None,
            detail: None,
        }
    }

    /// Adds what is wrong.
    #[must_use]
    pub const fn with_detail(mut self, detail: &'text str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Adds a number.
    #[must_use]
    pub const fn with_count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_only_what_applies() {
        let line = Line {
            request_id: Some("9a2b"),
            route: Some("siteverify"),
            status: Some(503),
            code: Some("internal-error"),
            duration_ms: Some(12),
            ..Line::new(Level::Error, "request")
        };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"level":"error","event":"request","request_id":"9a2b","route":"siteverify","status":503,"code":"internal-error","duration_ms":12}"#
        );
        let line = Line::new(Level::Warn, "origin-away").with_detail("status 502").with_count(3);
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"level":"warn","event":"origin-away","count":3,"detail":"status 502"}"#
        );
    }
}
