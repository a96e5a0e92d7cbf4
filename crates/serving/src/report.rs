//! Sends this process's counts: at a site's first event and every few seconds.
//! After the answer, so no one waits for it.

use munjigi_captcha::Tally;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{BatchId, CountBatch};

use crate::counts::{Counts, Urgency};
use crate::log::{Level, Line};
use crate::platform::{BackgroundTask, Platform};
use crate::state::State;

/// Counts are collected for this long.
const GATHER_MS: u64 = 5_000;
/// The origin accepts 256 KiB, a queue message 128 KB.
const MAX_BYTES: usize = 96_000;

/// Counts an event, and makes sure that the counts are sent.
pub fn count<P: Platform>(platform: &P, state: &State, tally: Tally, now: UnixMillis) {
    let urgency = state.counts.with(|counts| counts.add(tally, now.0 / 60_000));
    if urgency == Urgency::Soon {
        // One of many requests waits for all. If it is cut off, the time passes
        // and the next one takes over.
        if now.0 < state.counts_due.copy() {
            return;
        }
        state.counts_due.with(|due| *due = now.0 + GATHER_MS * 2);
    }
    platform.later(BackgroundTask::SendCounts(urgency));
}

/// Sends the counts: urgent ones now, others after a few seconds of collecting.
pub async fn send<P: Platform>(platform: &P, urgency: Urgency) {
    let Some(state) = platform.state() else { return };
    if urgency == Urgency::Soon {
        platform.sleep(GATHER_MS).await;
        state.counts_due.with(|due| *due = 0);
    }
    let taken = state.counts.with(batches);
    for batch in taken {
        let number = (batch.counts.len() + batch.pictures.len() + batch.prices.len()) as u64;
        let mut name = [0; 16];
        let sent = match platform.fill(&mut name) {
            Ok(()) => platform.forward(&CountBatch { batch: BatchId(name), ..batch }).await,
            Err(_) => Err("the platform provided no random numbers".to_owned()),
        };
        if let Err(detail) = sent {
            // Lost: counts are approximate, and keeping them would fill the
            // memory while the receiver is down.
            let line = Line::new(Level::Warn, "counts-lost");
            platform.log(&line.with_count(number).with_detail(&detail));
        }
    }
}

/// Everything that was counted, in batches without a name yet.
fn batches(counts: &mut Counts) -> Vec<CountBatch> {
    let empty = CountBatch {
        batch: BatchId([0; 16]),
        counts: Vec::new(),
        pictures: Vec::new(),
        prices: Vec::new(),
        outcomes: Vec::new(),
    };
    let of_counts = counts.take(MAX_BYTES).into_iter();
    let mut batches: Vec<_> =
        of_counts.map(|counts| CountBatch { counts, ..empty.clone() }).collect();
    let pictures = counts.take_pictures();
    if !pictures.is_empty() {
        batches.push(CountBatch { pictures, ..empty.clone() });
    }
    let prices = counts.take_prices().into_iter();
    batches.extend(prices.map(|prices| CountBatch { prices, ..empty.clone() }));
    batches
}
