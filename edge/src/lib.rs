//! The Worker: bindings, Durable Objects, queue and cron. A thin shell: it
//! adapts Cloudflare Workers to the trait `Platform` of `munjigi-serving`,
//! where the routes are. A route or a rule found here is in the wrong crate.
//!
//! **Worker**: the edge on Cloudflare Workers, or on workerd.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, Waker};

use munjigi_serving::answer::Response;
use munjigi_serving::inbound::Inbound;
use munjigi_serving::inbound::described::Described;
use munjigi_serving::serve;
use worker::wasm_bindgen::prelude::*;
use worker::{Context, Env, wasm_bindgen, wasm_bindgen_futures};

use crate::workers::{Request, Workers};

mod background;
mod bucket;
mod clock;
mod console;
mod glue;
mod isolate;
mod kv;
mod meter;
mod objects;
mod outbound;
mod random;
mod redemptions;
mod respond;
mod workers;

pub use meter::MeterObject;
pub use redemptions::Redemptions;

/// Requests, as `describe.js` passes them with their description. This and what
/// follows are exported by hand: `#[event]` would add an error page and its
/// types, none of which is reachable here.
///
/// Most answers are ready without waiting and are returned directly; only those
/// that have to wait become a promise.
#[wasm_bindgen]
pub fn fetch(
    request: web_sys::Request,
    description: String,
    env: Env,
    context: worker::worker_sys::Context,
) -> Result<JsValue, JsValue> {
    let inbound = Inbound::new(Described::new(description, Request(request)));
    let platform = Workers::new(env, Context::new(context));
    // Behind a pointer, or everything would be compiled twice.
    let mut answer: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(
        async move { respond::respond(answer(&platform, &inbound).await).map(JsValue::from) },
    );
    match answer.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        // Polled again there, with a waker that wakes.
        Poll::Pending => Ok(wasm_bindgen_futures::future_to_promise(answer).into()),
    }
}

async fn answer(platform: &Workers, inbound: &Inbound<Described<Request>>) -> Response<JsValue> {
    #[cfg(feature = "contract")]
    if inbound.url().path() == munjigi_serving::contract::PATH {
        return munjigi_serving::contract::answer(platform).await;
    }
    serve::serve(platform, inbound).await
}

/// The consumer of the counts.
#[wasm_bindgen]
pub async fn queue(batch: JsValue, env: Env) {
    background::forward(&batch, &env).await;
}

/// The cron trigger.
#[wasm_bindgen]
pub async fn scheduled(env: Env) {
    background::sweep(&env).await;
}
