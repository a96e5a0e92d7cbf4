//! `application/problem+json` (RFC 9457), the body of every refusal outside
//! siteverify.

use serde::{Deserialize, Serialize};

use crate::{ClearanceWanted, Code};

/// The content type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// The document of one refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Problem {
    /// `<edge>/errors/<code>`: a page for people.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The code in words, the same every time.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What in this request is wrong, for the integrator. No internals.
    pub detail: String,
    /// As in the header `Munjigi-Request-Id` and in the logs.
    pub request_id: String,
    /// With `clearance-required`: how to earn it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub clearance: Option<ClearanceWanted>,
}
