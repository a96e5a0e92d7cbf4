//! The order in which calls are served.

use serde::Deserialize;

/// A call says it in its query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// A person waits for the result.
    #[default]
    High,
    /// Work done in advance.
    Low,
}
