//! The origin's routes: sites, lists, packs of pictures, pools, state. Each call is
//! signed, and each signature is valid once.

use munjigi_captcha::Refusal;
use munjigi_keys::signature::{Head, MAX_SKEW_SECONDS, SignatureError, Signed};
use munjigi_protocol::{Code, InternalState, Route, headers, routes};

use super::version::version;
use crate::answer::Answer;
use crate::inbound::Inbound;
use crate::platform::Platform;
use crate::ports::{Admission, ControlStore, Limit};
use crate::rate_limit::{RETRY_AFTER_SECONDS, address_key};
use crate::request_context::RequestContext;

pub mod lists;
pub mod packs;
pub mod publish;

/// Answers with what runs here.
pub async fn state<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Answer, Answer> {
    authorise(edge, inbound, routes::STATE).await?;
    let config = &edge.state.config;
    Ok(Answer::json(&InternalState {
        version: version(P::PROGRAM),
        shards: config.shards.clone(),
        root_kids: config.root_kids.clone(),
        internal_kids: config.calls.in_keys.kids().map(|kid| kid.to_string()).collect(),
    }))
}

/// The body of a request with a current signature of the origin that was not
/// used before. Nothing of an unsigned body is read: the header is checked and
/// its nonce spent first; only then is the body read and compared with what was
/// signed.
pub async fn authorise<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    route: Route,
) -> Result<Vec<u8>, Answer> {
    let signed = match verify(edge, inbound) {
        Ok(signed) => signed,
        Err(error) => return Err(refuse(edge, inbound, error).await),
    };
    // After that, the signature is refused because of its own time.
    let until = edge.now.0 + 2 * MAX_SKEW_SECONDS * 1_000;
    let redemptions = edge.platform.redemptions().map_err(|_| nonces_away())?;
    match redemptions.nonce(signed.nonce.0, until).await {
        Ok(true) => {}
        Ok(false) => return Err(Answer::problem(Code::Replayed, "the signature was used before")),
        Err(_) => return Err(nonces_away().into()),
    }
    let body = inbound.bytes(route).await?;
    signed.check(&body).map_err(|error| Answer::problem(error.code(), error.to_string()))?;
    Ok(body)
}

fn verify<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Signed, SignatureError> {
    let header = inbound.header(headers::SIGNATURE);
    let (method, url) = (inbound.method(), inbound.url());
    let head = Head { method, path: url.path(), query: url.query() };
    edge.state.config.calls.in_keys.verify(header.as_deref(), &head, edge.now)
}

/// Only the origin may call this: calls without its signature are counted, and
/// soon ignored.
async fn refuse<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    error: SignatureError,
) -> Answer {
    let key = address_key("internal", inbound.visit().address);
    match edge.platform.admit(Limit::Internal, &key).await {
        Admission::Pass => Answer::problem(error.code(), error.to_string()),
        Admission::Refuse => {
            let detail = "too many calls without the origin's signature";
            Answer::problem(Code::RateLimited, detail).with_retry_after(RETRY_AFTER_SECONDS)
        }
    }
}

fn nonces_away() -> Refusal {
    Refusal::unavailable("the store of seen signatures does not respond")
}
