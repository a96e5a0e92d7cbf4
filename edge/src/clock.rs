//! The edge's only clock. Everything else takes the time as an argument.

use munjigi_keys::UnixMillis;

/// The runtime's time. In production it stands still between two waits, so
/// never measure work with it.
#[expect(clippy::disallowed_methods, reason = "the one place where the edge reads the clock")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since 1970 are positive and far below 2^53"
)]
pub fn now() -> UnixMillis {
    // A number, where `worker::Date` would first make an object of it.
    UnixMillis(worker::js_sys::Date::now() as u64)
}
