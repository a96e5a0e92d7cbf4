//! One request from its arrival to its answer: the endpoint, the refusals
//! that belong to none, the log line.

use munjigi_captcha::Refusal;
use munjigi_protocol::Code;
use worker::wasm_bindgen::JsValue;
use worker::{Context, Env};

use crate::answer::{self, Answer};
use crate::config::Verbosity;
use crate::edge::Edge;
use crate::endpoints::{
    challenges, errors, frame, health, internal, siteverify, solutions, version,
};
use crate::inbound::Inbound;
use crate::isolate::{self, Isolate};
use crate::log::{Level, Line};
use crate::route::{Endpoint, RouteError};
use crate::{clock, entropy};

/// Answers a request.
pub async fn serve(
    request: web_sys::Request,
    env: &Env,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
    let now = clock::now();
    let inbound = Inbound::new(request);
    let request_id = request_id(&inbound);
    let isolate = isolate::of(env);
    let endpoint = Endpoint::find(&inbound.method, inbound.url().path());
    let answer = match isolate {
        Ok(isolate) => {
            let edge = Edge { isolate, env, context, now };
            match endpoint {
                Ok(endpoint) => dispatch(&edge, &inbound, endpoint).await,
                Err(error) => no_endpoint(error),
            }
        }
        Err(_) => Refusal::unavailable("the edge is not configured").into(),
    };
    let line = Line {
        request_id: Some(&request_id),
        route: endpoint.ok().map(|endpoint| endpoint.name()),
        status: Some(answer.status),
        code: answer.code,
        duration_ms: Some(clock::now().since(now)),
        ..Line::new(level(answer.status), "request")
    };
    if wanted(isolate.ok(), answer.status) {
        line.write();
    }
    let base = inbound.url().base();
    answer.into_response(answer::Context { request_id: &request_id, base })
}

async fn dispatch(edge: &Edge<'_>, inbound: &Inbound, endpoint: Endpoint<'_>) -> Answer {
    let answer = match endpoint {
        Endpoint::Challenges => challenges::answer(edge, inbound).await,
        Endpoint::Solutions => solutions::answer(edge, inbound).await,
        Endpoint::Siteverify => Ok(siteverify::answer(edge, inbound).await),
        Endpoint::Frame(sitekey) => frame::answer(edge, inbound, sitekey).await,
        Endpoint::ErrorPage(code) => {
            Ok(errors::answer(code, inbound.header("accept-language").as_deref()))
        }
        Endpoint::Health => Ok(health::answer(edge).await),
        Endpoint::Version => Ok(version::answer()),
        Endpoint::PutSite(sitekey) => internal::publish::put(edge, inbound, sitekey).await,
        Endpoint::DeleteSite(sitekey) => internal::publish::delete(edge, inbound, sitekey).await,
        Endpoint::State => internal::state(edge, inbound).await,
        #[cfg(feature = "contract")]
        Endpoint::Contract => Ok(crate::endpoints::contract::answer(edge).await),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

fn no_endpoint(error: RouteError) -> Answer {
    match error {
        RouteError::NotFound => Answer::problem(Code::NotFound, "there is no such path"),
        RouteError::MethodNotAllowed(allow) => {
            Answer::problem(Code::MethodNotAllowed, format!("this path takes {allow}"))
                .with_header("Allow", allow.to_owned())
        }
    }
}

/// The platform's own id, by which an operator finds a request in its logs
/// too; locally a random one.
fn request_id(inbound: &Inbound) -> String {
    let ray = inbound.header("cf-ray").filter(|ray| {
        (1..=40).contains(&ray.len())
            && ray.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    ray.unwrap_or_else(|| {
        let bytes: [u8; 8] = entropy::bytes().unwrap_or_default();
        data_encoding::HEXLOWER.encode(&bytes)
    })
}

/// Ours is an error; a caller's mistake is a counter.
const fn level(status: u16) -> Level {
    if status >= 500 { Level::Error } else { Level::Info }
}

fn wanted(isolate: Option<&'static Isolate>, status: u16) -> bool {
    let verbosity = isolate.map_or(Verbosity::Failures, |isolate| isolate.config.verbosity);
    status >= 500 || verbosity == Verbosity::Requests
}
