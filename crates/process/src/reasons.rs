//! Errors in a line of the log.

/// An error with its causes, without the address that it repeats.
pub fn reasons(error: &(dyn std::error::Error + 'static)) -> String {
    let mut reasons = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        reasons.push(error.to_string());
        next = error.source();
    }
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}
