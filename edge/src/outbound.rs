//! Posts to the origin. What is sent and when to retry is decided by the
//! callers.

use munjigi_keys::UnixMillis;
use munjigi_protocol::Route;
use munjigi_serving::config::Config;
use munjigi_serving::outbound::{self, OutboundError};

use crate::{glue, random};

/// Posts a JSON body, signed separately for every attempt. Returns once the
/// origin has committed it.
pub async fn post(
    config: &Config,
    route: Route,
    body: &str,
    now: UnixMillis,
) -> Result<(), OutboundError> {
    let mut nonce = [0; 16];
    random::fill(&mut nonce)?;
    let call = outbound::sign(config, route, body, now, nonce)?;
    let status = glue::post(&call.url, body, &call.signature).await;
    outbound::taken(status.ok().and_then(|status| status.as_f64()).map_or(0, status_code))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates when cast, and a status has three digits"
)]
const fn status_code(number: f64) -> u16 {
    number as u16
}
