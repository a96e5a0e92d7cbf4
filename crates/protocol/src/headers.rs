//! Names of our own HTTP headers.

/// On every answer, and in the logs.
pub const REQUEST_ID: &str = "Munjigi-Request-Id";
/// On every signed call between services.
pub const SIGNATURE: &str = "Munjigi-Signature";
/// On the origin's answer to events that it has committed: `HISTORY:POSITION`
/// of its store. Another history, or a lower position in the same one, means
/// that the store may have lost what was committed before.
pub const STORE: &str = "Munjigi-Store";
