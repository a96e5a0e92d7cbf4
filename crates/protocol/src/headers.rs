//! Names of our own HTTP headers.

/// On every answer, and in the logs.
pub const REQUEST_ID: &str = "Munjigi-Request-Id";
/// On every signed call between services.
pub const SIGNATURE: &str = "Munjigi-Signature";
