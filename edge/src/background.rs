//! What runs without a visitor: the queue's consumer and the cron trigger.

use munjigi_protocol::routes;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::outbound::retry_seconds;
use munjigi_serving::state::State;
use worker::Env;
use worker::wasm_bindgen::JsValue;

use crate::objects::{self, Objects};
use crate::{clock, console, glue, isolate, outbound};

/// Forwards counts to the origin, message by message. A message that the origin
/// did not accept is delivered again; the origin recognises it by its id.
pub async fn forward(batch: &JsValue, env: &Env) {
    let messages = glue::messages(batch).unwrap_or_default();
    let state = isolate::of(env);
    if state.is_some_and(|state| state.config.origin_url.is_none()) {
        let number = u64::from(messages.length());
        let detail = "no origin is configured: MUNJIGI_ORIGIN_URL is empty";
        let line = Line::new(Level::Warn, "counts-dropped");
        console::write(&line.with_count(number).with_detail(detail));
    }
    let mut refused = 0;
    for message in messages.iter() {
        if let Err(detail) = forward_one(state, &message).await {
            refused += 1;
            console::write(&Line::new(Level::Warn, "counts-refused").with_detail(&detail));
        }
    }
    if refused > 0 {
        console::write(&Line::new(Level::Warn, "counts-wait").with_count(refused));
    }
}

async fn forward_one(state: Option<&'static State>, message: &JsValue) -> Result<(), String> {
    let taken = match (state, glue::message_text(message)) {
        (None, _) => Err("the edge is not configured".to_owned()),
        // The log has said so.
        (Some(state), _) if state.config.origin_url.is_none() => Ok(()),
        (_, Err(error)) => Err(glue::reason(&error)),
        (Some(state), Ok(body)) => {
            let posted = outbound::post(&state.config, routes::COUNTS, &body, clock::now()).await;
            posted.map(drop).map_err(|error| error.to_string())
        }
    };
    // A message that was neither acknowledged nor retried would count as
    // acknowledged.
    let wait = if taken.is_ok() { 0 } else { retry_seconds(glue::attempts(message)) };
    let settled = glue::settle_message(message, wait);
    settled.map_err(|error| glue::reason(&error)).and(taken)
}

/// Wakes every redemption object, so that none that was cut off keeps its rows
/// forever, and logs how many rows wait for the origin.
pub async fn sweep(env: &Env) {
    let Some(state) = isolate::of(env) else { return };
    let Ok(objects) = Objects::new(env, &state.config.shards) else {
        let line = Line::new(Level::Error, "sweep-failed");
        return console::write(&line.with_detail("no REDEMPTIONS"));
    };
    let (mut backlog, mut away) = (0, 0);
    for name in objects::all(&state.config.shards).chain(objects::nonces()) {
        match objects.sweep(&name).await {
            Ok(waiting) => backlog += u64::from(waiting),
            Err(_) => away += 1,
        }
    }
    report(state, backlog, away);
}

fn report(state: &State, backlog: u64, away: u64) {
    if away > 0 {
        let line = Line::new(Level::Error, "sweep-failed").with_count(away);
        console::write(&line.with_detail("this many redemption objects did not respond"));
    }
    let keys = state.config.root_kids.len();
    let detail = format!("{keys} root keys, {:?} shards", state.config.shards);
    console::write(&Line::new(Level::Info, "sweep").with_count(backlog).with_detail(&detail));
}
