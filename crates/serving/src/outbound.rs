//! Signed calls to the origin. What is sent, how, and when to retry is decided
//! by the callers.

use core::fmt;

use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{Head, Nonce};
use munjigi_protocol::Route;

use crate::config::Config;
use crate::entropy::NoEntropy;

/// Why the origin did not accept something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundError {
    /// No origin is configured.
    NoOrigin,
    /// No answer within ten seconds.
    Unreachable,
    /// It answered with a status other than 2xx.
    Status(u16),
    /// No random bytes for a nonce.
    NoEntropy,
}

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrigin => f.write_str("MUNJIGI_ORIGIN_URL is empty"),
            Self::Unreachable => f.write_str("the origin does not respond"),
            Self::Status(status) => write!(f, "the origin answered {status}"),
            Self::NoEntropy => f.write_str("the platform provided no random numbers"),
        }
    }
}

impl From<NoEntropy> for OutboundError {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

/// A call that is ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Scheme, host and path.
    pub url: String,
    /// The header `Munjigi-Signature`.
    pub signature: String,
}

/// Signs a JSON body for a route of the origin. Each attempt is signed
/// separately, with a nonce of its own.
pub fn sign(
    config: &Config,
    route: Route,
    body: &str,
    now: UnixMillis,
    nonce: [u8; 16],
) -> Result<Call, OutboundError> {
    let base = config.origin_url.as_deref().ok_or(OutboundError::NoOrigin)?;
    let head = Head { method: route.method, path: route.path, query: "" };
    let signature = config.calls.out_keys.sign(&head, body.as_bytes(), now, Nonce(nonce));
    Ok(Call { url: format!("{base}{}", route.path), signature })
}

/// The meaning of a call's status; 0 means no answer. After a 2xx the origin
/// has committed what it was sent.
pub const fn taken(status: u16) -> Result<(), OutboundError> {
    match status {
        200..=299 => Ok(()),
        0 => Err(OutboundError::Unreachable),
        status => Err(OutboundError::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_success_counts_as_accepted() {
        assert_eq!(taken(204), Ok(()));
        assert_eq!(taken(0), Err(OutboundError::Unreachable));
        assert_eq!(taken(302), Err(OutboundError::Status(302)));
        assert_eq!(taken(500), Err(OutboundError::Status(500)));
    }
}
