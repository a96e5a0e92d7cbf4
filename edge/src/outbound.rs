//! Signed calls to the origin. What is sent and when to try again is decided
//! by the callers.

use core::fmt;

use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{Head, Nonce};
use munjigi_protocol::Route;
use munjigi_serving::config::Config;
use munjigi_serving::entropy::NoEntropy;

use crate::{glue, random};

/// Why the origin did not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundError {
    /// No origin is configured.
    NoOrigin,
    /// No answer within ten seconds.
    Unreachable,
    /// It answered otherwise than with a 2xx.
    Status(u16),
    /// Nothing to make a nonce from.
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

/// Posts a JSON body, signed again at every try. Returns once the origin has
/// committed it.
pub async fn post(
    config: &Config,
    route: Route,
    body: &str,
    now: UnixMillis,
) -> Result<(), OutboundError> {
    let base = config.origin_url.as_deref().ok_or(OutboundError::NoOrigin)?;
    let head = Head { method: route.method, path: route.path, query: "" };
    let mut nonce = [0; 16];
    random::fill(&mut nonce)?;
    let signature = config.calls.out_keys.sign(&head, body.as_bytes(), now, Nonce(nonce));
    let url = format!("{base}{}", route.path);
    let status = glue::post(&url, body, &signature).await.ok().and_then(|status| status.as_f64());
    match status.map_or(0, status_code) {
        200..=299 => Ok(()),
        0 => Err(OutboundError::Unreachable),
        status => Err(OutboundError::Status(status)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates when cast, and a status has three digits"
)]
const fn status_code(number: f64) -> u16 {
    number as u16
}
