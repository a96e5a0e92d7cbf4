//! The origin's routes: sites, packs of pictures, pools, state. Each is signed, and each signature is good once.

use munjigi_captcha::Refusal;
use munjigi_captcha::signature::{Audience, MAX_SKEW_SECONDS, SignedRequest, verify};
use munjigi_protocol::{Code, InternalState, Route, headers, routes};

use super::version::version;
use crate::answer::Answer;
use crate::edge::Edge;
use crate::inbound::Inbound;
use crate::objects::Objects;

pub mod packs;
pub mod publish;

/// Answers with what runs here.
pub async fn state(edge: &Edge<'_>, inbound: &Inbound) -> Result<Answer, Answer> {
    authorise(edge, inbound, routes::STATE).await?;
    let config = &edge.isolate.config;
    Ok(Answer::json(&InternalState {
        version: version(),
        shards: config.shards.clone(),
        root_kids: config.root_kids.clone(),
        internal_kids: config.internal.kids().map(|kid| kid.to_string()).collect(),
    }))
}

/// The body of a request that the origin signed, now, and never before.
pub async fn authorise(
    edge: &Edge<'_>,
    inbound: &Inbound,
    route: Route,
) -> Result<Vec<u8>, Answer> {
    let header = inbound.header(headers::SIGNATURE);
    if header.is_none() {
        // Nobody unknown makes us read a body.
        return Err(Answer::problem(Code::Unsigned, "the request carries no signature"));
    }
    let body = inbound.bytes(route).await?;
    let request = SignedRequest {
        audience: Audience::Edge,
        method: inbound.method(),
        path: inbound.url().path(),
        query: inbound.url().query(),
        body: &body,
    };
    let ring = &edge.isolate.config.internal;
    let nonce = verify(ring, header.as_deref(), &request, edge.now)
        .map_err(|error| Answer::problem(error.code(), error.to_string()))?;
    // Past this the signature's own time refuses it.
    let until = edge.now.0 + 2 * MAX_SKEW_SECONDS * 1_000;
    let objects = Objects::new(edge.env, edge.shards()).map_err(|_| nonces_away())?;
    match objects.nonce(nonce.0, until).await {
        Ok(true) => Ok(body),
        Ok(false) => Err(Answer::problem(Code::Replayed, "the signature was used before")),
        Err(_) => Err(nonces_away().into()),
    }
}

fn nonces_away() -> Refusal {
    Refusal::unavailable("the store of seen signatures does not answer")
}
