//! Posts to the origin. What is sent and when to retry is decided by the
//! callers.

use munjigi_keys::UnixMillis;
use munjigi_protocol::Route;
use munjigi_serving::config::Config;
use munjigi_serving::outbound::{self, OutboundError};
use munjigi_serving::recall::LogPosition;

use crate::{glue, random};

/// Posts a JSON body, signed separately for every attempt. Returns once the
/// origin has committed it, and where, if it says so.
pub async fn post(
    config: &Config,
    route: Route,
    body: &str,
    now: UnixMillis,
) -> Result<Option<LogPosition>, OutboundError> {
    let mut nonce = [0; 16];
    random::fill(&mut nonce)?;
    let call = outbound::sign(config, route, body, now, nonce)?;
    let answer = glue::post(&call.url, body, &call.signature).await;
    let answer = answer.ok().and_then(|answer| answer.as_string()).unwrap_or_default();
    let (status, log_position) = answer.split_once(' ').unwrap_or_default();
    outbound::taken(status.parse().unwrap_or_default())?;
    Ok(LogPosition::parse(log_position))
}
