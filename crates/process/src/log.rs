//! What is logged and where: to stderr, as text on a terminal and as JSON
//! elsewhere.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};

use munjigi_keys::UnixMillis;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Reader, Variable};

/// The settings of the log.
#[derive(Debug, Clone)]
pub struct Log {
    /// A filter such as `info,sqlx=warn`.
    pub filter: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// A layer that receives spans and events in addition to the log.
pub type Beside = Box<dyn Layer<Registry> + Send + Sync>;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object per line.
    Json,
    /// Text, for people.
    Text,
}

/// A warning about what may happen with every request: repeated at most once a
/// minute.
#[derive(Debug, Default)]
pub struct Rarely(AtomicU64);

impl Rarely {
    /// Between two repetitions.
    const MILLIS: u64 = 60_000;

    /// It was not logged yet.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Whether to log it; of several concurrent calls, only one does.
    pub fn is_due(&self, now: UnixMillis) -> bool {
        let told = self.0.load(Ordering::Relaxed);
        let is_due = told == 0 || now.since(UnixMillis(told)) >= Self::MILLIS;
        let order = Ordering::Relaxed;
        is_due && self.0.compare_exchange(told, now.0, order, order).is_ok()
    }
}

impl Log {
    /// Reads the variables for filter and format.
    pub fn read(reader: &mut Reader, filter: &Variable, format: &Variable) -> Option<Self> {
        let filter = reader.required(filter, |text| {
            let parsed = text.parse::<EnvFilter>();
            parsed.map(|_| text.to_owned()).map_err(|error| error.to_string())
        });
        let format = reader.required(format, |text| match text {
            "auto" => Ok(LogFormat::Auto),
            "json" => Ok(LogFormat::Json),
            "text" => Ok(LogFormat::Text),
            _ => Err("must be auto, json or text".to_owned()),
        });
        Some(Self { filter: filter?, format: format? })
    }

    /// Starts logging. Call it once per process. Each directive in `quiet`
    /// applies unless the filter names its target.
    pub fn start(&self, quiet: &[(&str, &str)]) {
        self.start_beside(quiet, None);
    }

    /// Like [`Self::start`], with another layer that receives spans and events.
    pub fn start_beside(&self, quiet: &[(&str, &str)], beside: Option<Beside>) {
        let json = match self.format {
            LogFormat::Json => true,
            LogFormat::Text => false,
            LogFormat::Auto => !io::stderr().is_terminal(),
        };
        // The filter was checked when the environment was read.
        let filter = EnvFilter::try_new(&self.filter).unwrap_or_default();
        let filter =
            quiet.iter().fold(filter, |filter, (name, directive)| match directive.parse() {
                Ok(directive) if !self.filter.contains(*name) => filter.add_directive(directive),
                _ => filter,
            });
        let registry = tracing_subscriber::registry().with(beside);
        let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
        if json {
            let lines = lines.json().flatten_event(true).with_span_list(false);
            registry.with(lines.with_filter(filter)).init();
        } else {
            let lines = lines.with_ansi(io::stderr().is_terminal());
            registry.with(lines.with_filter(filter)).init();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_warning_is_repeated_once_a_minute() {
        let rarely = Rarely::new();
        let due = [1, 2, Rarely::MILLIS, Rarely::MILLIS + 1, Rarely::MILLIS + 2];
        assert_eq!(due.map(|at| rarely.is_due(UnixMillis(at))), [true, false, false, true, false]);
    }
}
