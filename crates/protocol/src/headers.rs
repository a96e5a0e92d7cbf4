//! Header names of our own.

/// On every answer; also in the logs.
pub const REQUEST_ID: &str = "Munjigi-Request-Id";
/// On every call between edge and origin.
pub const SIGNATURE: &str = "Munjigi-Signature";
