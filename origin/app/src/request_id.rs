//! The id of a request, for logs and support.

/// The id of a request, for its handler.
#[derive(Debug, Clone, Default)]
pub struct RequestId(pub String);
