//! Where log lines go: stderr, as text on a terminal and as JSON elsewhere.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging. Once per process.
pub fn start(log: &Log) {
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    // Checked when the environment was read.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_default();
    // "already exists, skipping" at every start is no news.
    let filter = match "sqlx::postgres::notice=warn".parse() {
        Ok(directive) if !log.filter.contains("sqlx") => filter.add_directive(directive),
        _ => filter,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if json {
        lines.json().flatten_event(true).with_span_list(false).init();
    } else {
        lines.with_ansi(io::stderr().is_terminal()).init();
    }
}
