//! One request from arrival to answer: the endpoint, the refusals that belong
//! to none, the log line.

use munjigi_captcha::Refusal;
use munjigi_protocol::{Code, base64};

use crate::answer::{Answer, Response};
use crate::config::Verbosity;
use crate::endpoints::{
    challenges, clearance, errors, frame, health, internal, outcomes, pictures, siteverify,
    solutions, version,
};
use crate::inbound::Inbound;
use crate::log::{Level, Line};
use crate::platform::{Bytes, Platform};
use crate::request_context::RequestContext;
use crate::route::{self, Endpoint, RouteError};
use crate::state::State;

/// Answers a request of a platform.
pub async fn serve<P: Platform>(platform: &P, inbound: &Inbound<P::Source>) -> Response<Bytes<P>> {
    let now = platform.now();
    let state = platform.state();
    let found = route::find(inbound.method(), inbound.url().path());
    let name = found.as_ref().ok().map(|(_, name)| *name);
    let mut random = [0; SEED_BYTES + 8];
    let drawn = platform.fill(&mut random);
    let (seed, request_id) = split(&random);
    let (answer, bytes) = match (state, drawn) {
        (Some(state), Ok(())) => {
            let edge = RequestContext { platform, state, now, seed };
            match found {
                Ok((endpoint, _)) => dispatch(&edge, inbound, endpoint).await,
                Err(error) => (no_endpoint(error), None),
            }
        }
        (None, _) => (Refusal::unavailable("the edge is not configured").into(), None),
        (_, Err(_)) => (Refusal::unavailable("the edge has no random numbers").into(), None),
    };
    if wanted(state, answer.status) {
        let id = inbound.platform_id();
        let line = Line {
            request_id: Some(&request_id),
            ray: id.as_deref(),
            route: name,
            status: Some(answer.status),
            code: answer.code,
            duration_ms: Some(platform.now().since(now)),
            ..Line::new(level(answer.status), "request")
        };
        platform.log(&line);
    }
    let below = state.map_or("", |state| &state.config.base_path);
    let base = format_args!("{}{below}", inbound.url().base());
    Response { route: name.unwrap_or("none"), ..answer.into_response(bytes, request_id, base) }
}

/// Bytes of a request's seed.
const SEED_BYTES: usize = 32;

/// Random bytes as the seed of a request's random numbers, and its id.
fn split(drawn: &[u8; SEED_BYTES + 8]) -> ([u8; SEED_BYTES], String) {
    let (seed, id) = drawn.split_first_chunk().expect("the length says so");
    (*seed, base64::encode(id))
}

/// The answer, and the bytes of an image. What takes most memory is behind
/// pointers: all the rest moves with each request.
async fn dispatch<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    endpoint: Endpoint<'_>,
) -> (Answer, Option<Bytes<P>>) {
    let answer = match endpoint {
        Endpoint::Picture(opaque) => {
            return match pictures::answer(edge, opaque).await {
                Ok((answer, bytes)) => (answer, Some(bytes)),
                Err(refusal) => (refusal, None),
            };
        }
        Endpoint::Challenges => Box::pin(challenges::answer(edge, inbound)).await,
        Endpoint::Solutions => Box::pin(solutions::answer(edge, inbound)).await,
        Endpoint::Siteverify(path) => Ok(Box::pin(siteverify::answer(edge, inbound, path)).await),
        Endpoint::SiteverifyOf(sitekey) => {
            Ok(Box::pin(siteverify::answer_of(edge, inbound, sitekey)).await)
        }
        Endpoint::Outcomes => Ok(outcomes::answer(edge, inbound).await),
        Endpoint::ClearanceCheck => Ok(clearance::check::answer(edge, inbound).await),
        Endpoint::Clearance => Box::pin(clearance::page::answer(edge, inbound)).await,
        Endpoint::ClearanceRedeem => Box::pin(clearance::redeem(edge, inbound)).await,
        Endpoint::Frame(sitekey) => frame::answer(edge, inbound, sitekey).await,
        Endpoint::ErrorPage(code) => {
            let languages = inbound.header("accept-language");
            Ok(errors::answer(edge, code, languages.as_deref()).await)
        }
        Endpoint::Health => Ok(health::answer(edge).await),
        Endpoint::Version => Ok(version::answer(P::PROGRAM)),
        Endpoint::PutSite(sitekey) => internal::publish::put(edge, inbound, sitekey).await,
        Endpoint::DeleteSite(sitekey) => internal::publish::delete(edge, inbound, sitekey).await,
        Endpoint::PutList(id) => internal::lists::put(edge, inbound, id).await,
        Endpoint::DeleteList(id) => internal::lists::delete(edge, inbound, id).await,
        Endpoint::Packs(change) => internal::packs::answer(edge, inbound, change).await,
        Endpoint::State => internal::state(edge, inbound).await,
    };
    (answer.unwrap_or_else(|refusal| refusal), None)
}

fn no_endpoint(error: RouteError) -> Answer {
    match error {
        RouteError::NotFound => Answer::problem(Code::NotFound, "unknown path"),
        RouteError::MethodNotAllowed(allow) => {
            Answer::problem(Code::MethodNotAllowed, format!("this path accepts {allow}"))
                .with_header("Allow", allow)
        }
    }
}

/// Our fault is an error; a caller's mistake is a counter.
const fn level(status: u16) -> Level {
    if status >= 500 { Level::Error } else { Level::Info }
}

fn wanted(state: Option<&State>, status: u16) -> bool {
    let verbosity = state.map_or(Verbosity::Failures, |state| state.config.verbosity);
    status >= 500 || verbosity == Verbosity::Requests
}

#[cfg(test)]
mod tests;
