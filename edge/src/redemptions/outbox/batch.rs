//! One post to the origin: its events, and where the cursor moves once they are
//! accepted.

use munjigi_captcha::redemption::TokenFacts;
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, EventBatch, RedeemedEvent};
use munjigi_serving::outbound::MAX_EVENT_BYTES;

use super::Waiting;
use crate::redemptions::sql::Row;

/// Rows to send and what to do once they are accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The events for the origin.
    pub events: Vec<RedeemedEvent>,
    /// How many rows were never sent and cannot be read.
    pub unreadable: u64,
    /// Each bucket with such rows, and the number of the first.
    pub(super) aside: Vec<(u64, u64)>,
    pub(super) last: Last,
}

/// Where a batch ends, and so which cursor it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// The number of a row that was never sent.
    Number(u64),
    /// The id of a row of this bucket that was sent again.
    Id(u64, [u8; 16]),
    /// It has no rows.
    Nothing,
}

impl Batch {
    /// As many rows as fit into one batch, in their order; `None` if there are
    /// none. A row that cannot be read is an event of `None`.
    pub(super) fn unsent(
        rows: impl Iterator<Item = (Waiting, Option<RedeemedEvent>)>,
    ) -> Option<Self> {
        let mut batch = Filling::default();
        let (mut unreadable, mut aside, mut last) = (0, Vec::<(u64, u64)>::new(), None);
        for (Waiting { n, bucket, .. }, event) in rows {
            let readable = event.is_some();
            if !batch.take(event) {
                break;
            }
            if !readable {
                unreadable += 1;
                if aside.iter().all(|(known, _)| *known != bucket) {
                    aside.push((bucket, n));
                }
            }
            last = Some(Last::Number(n));
        }
        Some(Self { events: batch.events, unreadable, aside, last: last? })
    }

    /// The same for rows that were sent before, with their final counts.
    pub(super) fn last_counts(
        bucket: u64,
        rows: impl Iterator<Item = (Option<[u8; 16]>, Option<RedeemedEvent>)>,
    ) -> Option<Self> {
        let mut batch = Filling::default();
        let mut last = None;
        for (id, event) in rows {
            if !batch.take(event) {
                break;
            }
            last = Some(Last::Id(bucket, id?));
        }
        Some(Self { events: batch.events, unreadable: 0, aside: Vec::new(), last: last? })
    }

    /// No rows: only asks the origin where its store is.
    pub const fn question() -> Self {
        Self { events: Vec::new(), unreadable: 0, aside: Vec::new(), last: Last::Nothing }
    }

    /// Whether the origin has to see it.
    pub fn is_for_the_origin(&self) -> bool {
        !self.events.is_empty() || self.last == Last::Nothing
    }

    /// Whether it ends with this row of those that were never sent, or a later
    /// one.
    pub fn reaches(&self, number: u64) -> bool {
        matches!(self.last, Last::Number(last) if last >= number)
    }

    /// The body for the origin.
    pub fn json(&self, shard: &str) -> Option<String> {
        let batch = EventBatch { shard: shard.to_owned(), events: self.events.clone() };
        serde_json::to_string(&batch).ok()
    }
}

/// Collects events up to the maximum size.
#[derive(Default)]
struct Filling {
    events: Vec<RedeemedEvent>,
    bytes: usize,
}

impl Filling {
    /// Adds an event, unless the batch is full.
    fn take(&mut self, event: Option<RedeemedEvent>) -> bool {
        self.bytes += event.as_ref().map_or(0, json_bytes);
        if self.bytes > MAX_EVENT_BYTES && !self.events.is_empty() {
            return false;
        }
        self.events.extend(event);
        true
    }
}

/// The event in a row of id, time, facts and rejections.
pub(super) fn event(row: &Row) -> Option<RedeemedEvent> {
    let id = AttemptId(row.bytes(0)?);
    let facts = TokenFacts::from_bytes(&row.blob(2)?).ok()?;
    let rejected = u32::try_from(row.integer(3)).unwrap_or(u32::MAX);
    Some(RedeemedEvent { rejected, ..facts.event(id, UnixMillis(row.integer(1))) })
}

/// An upper bound: every name here is ASCII without characters that JSON
/// escapes, unless an operator put one there by accident.
fn json_bytes(event: &RedeemedEvent) -> usize {
    344 + event.sitekey.len() + 2 * (event.hostname.len() + event.action.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(hostname: &str) -> RedeemedEvent {
        let facts = munjigi_captcha::contract::token_facts();
        RedeemedEvent {
            hostname: hostname.into(),
            ..facts.event(AttemptId([1; 16]), UnixMillis(2))
        }
    }

    fn waiting(bucket: u64, n: u64) -> Waiting {
        Waiting { n, bucket, id: [u8::try_from(n).unwrap(); 16] }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_set_aside_and_holds_nothing_up() {
        let rows = [
            (waiting(1, 7), None),
            (waiting(1, 8), Some(event("a"))),
            (waiting(2, 9), None),
            (waiting(1, 10), None),
            (waiting(1, 11), Some(event("b"))),
        ];
        let batch = Batch::unsent(rows.into_iter()).unwrap();
        assert_eq!((batch.events.len(), batch.last), (2, Last::Number(11)));
        assert_eq!((batch.unreadable, batch.aside), (3, vec![(1, 7), (2, 9)]));
        let alone = Batch::unsent([(waiting(1, 7), None)].into_iter()).unwrap();
        assert_eq!((alone.events.len(), alone.last), (0, Last::Number(7)));
        assert_eq!(Batch::unsent([].into_iter()), None);
        // Rows set aside are reported once.
        let rows = [(Some([3; 16]), None), (Some([4; 16]), Some(event("a")))];
        let again = Batch::last_counts(5, rows.into_iter()).unwrap();
        assert_eq!((again.unreadable, again.aside.len()), (0, 0));
        assert_eq!((again.events.len(), again.last), (1, Last::Id(5, [4; 16])));
    }

    #[test]
    fn a_batch_keeps_to_its_size_and_goes_on_where_it_ended() {
        let long = "a".repeat(10_000);
        let rows = (1..20).map(|n| (waiting(1, n), Some(event(&long))));
        let batch = Batch::unsent(rows).unwrap();
        assert_eq!(batch.last, Last::Number(batch.events.len() as u64));
        assert!((2..19).contains(&batch.events.len()));
    }

    #[test]
    fn a_row_that_a_full_batch_leaves_out_is_not_set_aside() {
        let long = "a".repeat(50_000);
        let mut rows =
            vec![(waiting(1, 1), Some(event(&long))), (waiting(1, 2), Some(event(&long)))];
        rows.push((waiting(1, 3), None));
        let batch = Batch::unsent(rows.into_iter()).unwrap();
        assert_eq!((batch.events.len(), batch.last), (1, Last::Number(1)));
        assert_eq!((batch.unreadable, batch.aside.len()), (0, 0));
    }
}
