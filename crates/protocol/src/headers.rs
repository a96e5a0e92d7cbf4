//! Names of our own HTTP headers.

/// On every answer, and in the logs.
pub const REQUEST_ID: &str = "Munjigi-Request-Id";
/// On every signed call between services.
pub const SIGNATURE: &str = "Munjigi-Signature";
/// On the origin's answer to events that it has committed: `HISTORY:POSITION`
/// of its store. Another history, or a lower position in the same one, means
/// that the store may have lost what was committed before.
pub const STORE: &str = "Munjigi-Store";
/// For a site's back end, on an allowed check of clearance: the visitor's level,
/// or `none` where the path is open to everyone.
pub const LEVEL: &str = "Munjigi-Level";
/// The score of the challenge that earned it, 0.00 to 1.00, or `none`.
pub const SCORE: &str = "Munjigi-Score";
/// The reasons of that score with commas, or `none`.
pub const REASONS: &str = "Munjigi-Reasons";
/// The clearance's own id, the same for half an hour, to limit rates by; or
/// `none`.
pub const ID: &str = "Munjigi-Id";
