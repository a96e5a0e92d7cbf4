//! The name of one request, for logs and for whoever asks for help.

/// The id of a request, for who answers it.
#[derive(Debug, Clone, Default)]
pub struct RequestId(pub String);
