//! Signed calls to the origin, and the bounds of what waits for it on every
//! platform. How it waits and what is sent is decided by the callers.

use core::fmt;

use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{Head, Nonce};
use munjigi_protocol::Route;

use crate::config::Config;
use crate::entropy::NoEntropy;

/// Most events in a batch.
pub const MAX_EVENTS: usize = 500;
/// Most bytes of a batch of several events; the origin accepts 256 KiB.
pub const MAX_EVENT_BYTES: usize = 96_000;
/// How long events wait before they are given up: an origin that is away for
/// longer is gone, or was never there.
pub const KEPT_MS: u64 = 14 * 86_400_000;

/// First delay of a batch of counts that the origin did not accept.
const FIRST_RETRY_SECONDS: u32 = 10;
/// Longest delay. With it the retries of `wrangler.toml` last for four days,
/// and an origin that recovers has everything within the hour.
const LAST_RETRY_SECONDS: u32 = 3_600;

/// The delay of a batch of counts after this many deliveries.
pub fn retry_seconds(attempts: u32) -> u32 {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_RETRY_SECONDS << doublings).min(LAST_RETRY_SECONDS)
}

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
    fn counts_wait_for_days_before_they_are_given_up() {
        let waits: Vec<u32> = (0..5).map(retry_seconds).collect();
        assert_eq!(waits, [10, 10, 20, 40, 80]);
        assert_eq!(retry_seconds(u32::MAX), LAST_RETRY_SECONDS);
        let days = (1..=100).map(retry_seconds).sum::<u32>() / 86_400;
        assert!((3..14).contains(&days), "{days}");
    }

    #[test]
    fn only_a_success_counts_as_accepted() {
        assert_eq!(taken(204), Ok(()));
        assert_eq!(taken(0), Err(OutboundError::Unreachable));
        assert_eq!(taken(302), Err(OutboundError::Status(302)));
        assert_eq!(taken(500), Err(OutboundError::Status(500)));
    }
}
