//! The Worker: routes, bindings, Durable Objects, queue and cron. A thin
//! shell: it reads, loads, asks `munjigi-captcha`, and answers. A rule found
//! here is in the wrong crate.

use worker::wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, ScheduleContext, ScheduledEvent, event};

mod answer;
mod background;
mod cache;
mod clock;
mod config;
mod counts;
mod edge;
mod endpoints;
mod entropy;
mod form;
mod glue;
mod inbound;
mod isolate;
mod limit;
mod log;
mod objects;
mod outbound;
mod redemptions;
mod report;
mod route;
mod serve;
mod sites;

pub use config::{VARIABLES, Variable};
pub use redemptions::Redemptions;

/// Requests, as the platform hands them over.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> Result<web_sys::Response, worker::Error> {
    serve::serve(request, &env, &context).await.map_err(|error: JsValue| error.into())
}

/// The consumer of the counts.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> worker::Result<()> {
    background::forward(&batch, &env).await;
    Ok(())
}

/// The cron trigger.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    background::sweep(&env).await;
}
