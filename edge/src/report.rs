//! Sends the isolate's counts through the queue: at a site's first event and
//! every few seconds. After the answer, so nobody waits for it.

use std::time::Duration;

use munjigi_captcha::Tally;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{BatchId, CountBatch};
use worker::{Context, Delay, Env};

use crate::console;
use crate::log::{Level, Line};
use crate::state::State;
use crate::{glue, random};
use munjigi_serving::counts::{Counts, Urgency};

/// Counts are gathered for this long.
const GATHER_MS: u64 = 5_000;
/// The origin takes 256 KiB, a message 128 KB.
const MAX_BYTES: usize = 96_000;

/// Counts something, and sees that the counts are sent.
pub fn count(isolate: &'static State, env: &Env, context: &Context, tally: Tally, now: UnixMillis) {
    let urgency = isolate.counts.with(|counts| counts.add(tally, now.0 / 60_000));
    match urgency {
        Urgency::Now => {
            let env = env.clone();
            context.wait_until(async move { send(isolate, &env).await });
        }
        Urgency::Soon => {
            // One request of many waits for all. Should it be cut off, the
            // time passes and the next one takes over.
            if now.0 < isolate.counts_due.copy() {
                return;
            }
            isolate.counts_due.with(|due| *due = now.0 + GATHER_MS * 2);
            let env = env.clone();
            context.wait_until(async move {
                Delay::from(Duration::from_millis(GATHER_MS)).await;
                isolate.counts_due.with(|due| *due = 0);
                send(isolate, &env).await;
            });
        }
    }
}

async fn send(isolate: &State, env: &Env) {
    let taken = |counts: &mut Counts| (counts.take(MAX_BYTES), counts.take_pictures());
    let (groups, pictures) = isolate.counts.with(taken);
    if groups.is_empty() && pictures.is_empty() {
        return;
    }
    let batches = groups.into_iter().map(|counts| (counts, Vec::new()));
    let pictures = (!pictures.is_empty()).then_some((Vec::new(), pictures));
    let queue = glue::binding(env, "COUNTS");
    for (counts, pictures) in batches.chain(pictures) {
        let number = (counts.len() + pictures.len()) as u64;
        let mut name = [0; 16];
        let sent = match (&queue, random::fill(&mut name)) {
            (Some(queue), Ok(())) => {
                let batch = CountBatch { batch: BatchId(name), counts, pictures };
                let text = serde_json::to_string(&batch).unwrap_or_default();
                glue::enqueue(queue, &text).await.map_err(|e| glue::reason(&e))
            }
            (None, _) => Err("the queue COUNTS is not bound".to_owned()),
            (_, Err(_)) => Err("the platform provided no random numbers".to_owned()),
        };
        if let Err(detail) = sent {
            // Lost: counts are approximate, and holding on to them would fill
            // the isolate while the queue is away.
            console::write(
                &Line::new(Level::Warn, "counts-lost").with_count(number).with_detail(&detail),
            );
        }
    }
}
