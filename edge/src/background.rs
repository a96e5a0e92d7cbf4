//! What runs without a visitor: the queue's consumer and the cron trigger.

use munjigi_protocol::routes;
use worker::js_sys::JSON;
use worker::wasm_bindgen::JsValue;
use worker::{Env, MessageBatch, MessageExt};

use crate::isolate::{self, Isolate};
use crate::log::{Level, Line};
use crate::objects::{self, Objects};
use crate::{clock, outbound};

/// Forwards counts to the origin, message by message. A message that the
/// origin did not take comes again; the origin knows it by its name.
pub async fn forward(batch: &MessageBatch<()>, env: &Env) {
    let Ok(isolate) = isolate::of(env) else { return batch.retry_all() };
    if isolate.config.origin_url.is_none() {
        return batch.ack_all();
    }
    let mut refused = 0;
    for message in batch.raw_iter() {
        let body = text(&message.body());
        match outbound::post(isolate, routes::COUNTS, &body, clock::now()).await {
            Ok(()) => message.ack(),
            Err(error) => {
                refused += 1;
                message.retry();
                let detail = error.to_string();
                Line::new(Level::Warn, "counts-refused").with_detail(&detail).write();
            }
        }
    }
    if refused > 0 {
        Line::new(Level::Warn, "counts-wait").with_count(refused).write();
    }
}

/// A message as JSON, whether the queue parsed it or not.
fn text(body: &JsValue) -> String {
    match body.as_string() {
        Some(text) => text,
        None => JSON::stringify(body).ok().and_then(|text| text.as_string()).unwrap_or_default(),
    }
}

/// Wakes every redemption object, so that none that was cut off keeps its
/// rows for itself, and says how much waits for the origin.
pub async fn sweep(env: &Env) {
    let Ok(isolate) = isolate::of(env) else { return };
    let Some(first) = isolate.config.shards.first() else { return };
    let Ok(objects) = Objects::new(env, *first) else {
        return Line::new(Level::Error, "sweep-failed").with_detail("no REDEMPTIONS").write();
    };
    let (mut backlog, mut away) = (0, 0);
    for name in objects::all(&isolate.config.shards).chain(objects::nonces()) {
        match objects.sweep(&name).await {
            Ok(waiting) => backlog += u64::from(waiting),
            Err(_) => away += 1,
        }
    }
    report(isolate, backlog, away);
}

fn report(isolate: &Isolate, backlog: u64, away: u64) {
    if away > 0 {
        Line::new(Level::Error, "sweep-failed")
            .with_count(away)
            .with_detail("so many redemption objects did not answer")
            .write();
    }
    let keys = isolate.config.root_kids.len();
    let detail = format!("{keys} root keys, {:?} shards", isolate.config.shards);
    Line::new(Level::Info, "sweep").with_count(backlog).with_detail(&detail).write();
}
