//! The platform's console, the destination of log lines.

use munjigi_serving::config::Mistake;
use munjigi_serving::log::{Level, Line};

/// Writes a line.
pub fn write(line: &Line<'_>) {
    let Ok(text) = serde_json::to_string(line) else { return };
    match line.level {
        Level::Info => worker::console_log!("{text}"),
        Level::Warn => worker::console_warn!("{text}"),
        Level::Error => worker::console_error!("{text}"),
    }
}

/// Writes one line for each mistake in the configuration.
pub fn mistakes(mistakes: &[Mistake]) {
    for mistake in mistakes {
        let detail = mistake.to_string();
        write(&Line::new(Level::Error, "configuration").with_detail(&detail));
    }
}
