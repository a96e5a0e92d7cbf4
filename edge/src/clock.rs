//! The edge's one clock. Everything else takes the time as an argument.

use munjigi_captcha::UnixMillis;

/// The runtime's time. In production it stands still between two waits, so
/// never measure work with it.
#[expect(clippy::disallowed_methods, reason = "the one place where the edge reads the clock")]
pub fn now() -> UnixMillis {
    UnixMillis(worker::Date::now().as_millis())
}
