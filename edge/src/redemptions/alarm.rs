//! When an object's alarm rings. Pure: what the object does then is in
//! `redemptions`.

/// The first rows after a pause are collected for this long before they are
/// sent.
const GATHER_MS: u64 = 3_000;
/// While rows keep arriving, a batch starts this long after the previous one:
/// each writes a cursor and an alarm, which are billed like a row. At 29 passes
/// per second of an object that is 2 writes for 290 rows.
const INTERVAL_MS: u64 = 10_000;
/// First delay after the origin did not accept a batch.
const FIRST_RETRY_MS: u64 = 1_000;
/// Longest delay: the origin may recover at any time.
const LAST_RETRY_MS: u64 = 30_000;

/// What the object knows about its alarm and its outbox. A cache: an object
/// that restarts sets its alarm again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// When the alarm that is set rings.
    armed: Option<u64>,
    /// The time from which rows should be sent; `None`: nothing waits.
    send_from: Option<u64>,
    /// When the origin last had everything.
    sent_at: Option<u64>,
    /// Consecutive batches that the origin did not accept.
    failures: u32,
}

/// What waits after everything earlier was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// No rows.
    Nothing,
    /// Rows that were written in the meantime.
    Newcomers,
}

impl Plan {
    /// A row was written at `now`. Returns when to set the alarm, unless it is
    /// set early enough already.
    pub fn row_written(&mut self, now: u64) -> Option<u64> {
        let after_last = self.sent_at.map_or(0, |sent_at| sent_at + INTERVAL_MS);
        let due = after_last.max(now + GATHER_MS);
        let send_from = *self.send_from.get_or_insert(due);
        self.arm(send_from)
    }

    /// The alarm rings, so it is no longer set. If there is work, returns when
    /// to set it again immediately, before anything that might not finish; that
    /// alarm also sends what arrives next.
    pub fn rings(&mut self, now: u64, work: bool) -> Option<u64> {
        self.armed = None;
        if !work {
            return None;
        }
        let next = now + if self.failures == 0 { INTERVAL_MS } else { self.retry_ms() };
        self.armed = Some(next);
        // Rows that arrive while a batch is in flight need no earlier one.
        self.send_from = self.send_from.map(|_| next);
        Some(next)
    }

    /// Everything was sent that waited when the alarm rang.
    pub fn sent(&mut self, now: u64, waits: Remaining) {
        if self.send_from.take().is_some() {
            self.sent_at = Some(now);
        } else {
            // There was nothing to send, so no batch is due after it either.
            self.armed = None;
        }
        self.send_from = match waits {
            Remaining::Nothing => None,
            Remaining::Newcomers => Some(now + INTERVAL_MS),
        };
        self.failures = 0;
    }

    /// More rows wait than one alarm sends.
    pub fn more_waits(&mut self, now: u64) {
        self.send_from = Some(now);
        self.failures = 0;
    }

    /// The origin did not accept a batch.
    pub fn failed(&mut self, now: u64) {
        self.send_from = Some(now + self.retry_ms());
        self.failures = self.failures.saturating_add(1);
    }

    /// After work: returns when the alarm should ring, given when a bucket is
    /// due next. `None`: nothing is to come, or an earlier alarm is set.
    pub fn settle(&mut self, now: u64, next_due: Option<u64>) -> Option<u64> {
        let wanted = self.wanted(now, next_due)?;
        self.arm(wanted)
    }

    /// Between work: makes sure that an alarm is set. An alarm is never
    /// postponed, or callers that wake the object could keep it silent.
    pub fn watch(&mut self, now: u64, next_due: Option<u64>) -> Option<u64> {
        // One that should have rung either rings in a moment or was lost.
        self.armed = self.armed.filter(|armed| *armed > now);
        let wanted = self.wanted(now, next_due)?;
        self.arm(wanted)
    }

    fn wanted(&self, now: u64, next_due: Option<u64>) -> Option<u64> {
        // Waiting rows also keep buckets that have ended: the back-off towards
        // the origin alone decides when both are handled.
        let next_due = match (self.send_from, next_due) {
            (Some(_), Some(due)) if due <= now => None,
            (None, Some(due)) => Some(due.max(now + FIRST_RETRY_MS)),
            (_, due) => due,
        };
        let wanted = self.send_from.into_iter().chain(next_due).min()?;
        Some(wanted.max(now))
    }

    fn arm(&mut self, wanted: u64) -> Option<u64> {
        if self.armed.is_some_and(|armed| armed <= wanted) {
            return None;
        }
        self.armed = Some(wanted);
        Some(wanted)
    }

    fn retry_ms(&self) -> u64 {
        (FIRST_RETRY_MS << self.failures.min(5)).min(LAST_RETRY_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_set_one_alarm() {
        let mut plan = Plan::default();
        assert_eq!(plan.row_written(1_000), Some(4_000));
        assert_eq!(plan.row_written(1_001), None);
        assert_eq!(plan.row_written(3_999), None);
    }

    #[test]
    fn a_row_brings_an_alarm_forward_that_only_waits_for_a_bucket() {
        let mut plan = Plan::default();
        assert_eq!(plan.settle(0, Some(600_000)), Some(600_000));
        assert_eq!(plan.row_written(1_000), Some(4_000));
    }

    #[test]
    fn the_alarm_is_set_again_before_the_work() {
        let mut plan = Plan::default();
        plan.row_written(0);
        assert_eq!(plan.rings(3_000, true), Some(13_000));
        assert_eq!(plan.row_written(3_100), None);
    }

    #[test]
    fn rows_that_keep_arriving_cost_one_alarm_per_batch() {
        let mut plan = Plan::default();
        assert_eq!(plan.row_written(0), Some(3_000));
        let mut set = 0;
        for now in (3_000..103_000).step_by(100) {
            if plan.armed == Some(now) {
                set += u32::from(plan.rings(now, true).is_some());
                plan.sent(
                    now,
                    if now % 200 == 0 { Remaining::Newcomers } else { Remaining::Nothing },
                );
                set += u32::from(plan.settle(now, Some(600_000)).is_some());
            }
            set += u32::from(plan.row_written(now).is_some());
        }
        assert_eq!(set, 10);
    }

    #[test]
    fn after_the_last_batch_the_alarm_rings_once_for_nothing() {
        let mut plan = Plan::default();
        plan.row_written(0);
        plan.rings(3_000, true);
        plan.sent(3_100, Remaining::Nothing);
        assert_eq!(plan.settle(3_200, Some(600_000)), None);
        assert_eq!(plan.rings(13_000, false), None);
        assert_eq!(plan.settle(13_000, Some(600_000)), Some(600_000));
        // A single row is sent soon.
        assert_eq!(plan.row_written(100_000), Some(103_000));
    }

    #[test]
    fn an_alarm_that_had_nothing_to_send_waits_for_the_next_bucket() {
        let mut plan = Plan::default();
        assert_eq!(plan.settle(0, Some(600_000)), Some(600_000));
        assert_eq!(plan.rings(600_000, true), Some(610_000));
        plan.sent(600_000, Remaining::Nothing);
        assert_eq!(plan.settle(600_000, Some(1_200_000)), Some(1_200_000));
    }

    #[test]
    fn delays_double_up_to_half_a_minute_while_the_origin_is_down() {
        let mut plan = Plan::default();
        plan.row_written(0);
        let mut now = 3_000;
        let mut waits = Vec::new();
        for _ in 0..7 {
            plan.rings(now, true);
            plan.failed(now);
            let next = plan.settle(now, Some(600_000)).or(plan.armed).unwrap();
            waits.push(next - now);
            now = next;
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        plan.rings(now, true);
        plan.sent(now, Remaining::Nothing);
        assert_eq!((plan.failures, plan.send_from), (0, None));
    }

    #[test]
    fn an_ended_bucket_does_not_make_the_alarm_spin() {
        let mut plan = Plan::default();
        assert_eq!(plan.settle(10_000, Some(5_000)), Some(11_000));
    }

    #[test]
    fn an_ended_bucket_does_not_end_the_wait_for_the_origin() {
        let mut plan = Plan::default();
        plan.row_written(0);
        let mut now = 3_000;
        for _ in 0..10 {
            plan.rings(now, true);
            plan.failed(now);
            now = plan.settle(now, Some(1_000)).or(plan.armed).unwrap();
        }
        plan.rings(now, true);
        plan.failed(now);
        assert_eq!(plan.settle(now, Some(1_000)).or(plan.armed), Some(now + LAST_RETRY_MS));
    }

    #[test]
    fn looking_after_an_object_never_puts_its_alarm_off() {
        let mut plan = Plan::default();
        assert_eq!(plan.watch(10_000, Some(5_000)), Some(11_000));
        for now in 10_001..11_000 {
            assert_eq!(plan.watch(now, Some(5_000)), None);
        }
        assert_eq!(plan.watch(10_500, Some(600_000)), None);
        // It did not ring.
        assert_eq!(plan.watch(11_000, Some(5_000)), Some(12_000));
    }

    #[test]
    fn nothing_to_do_leaves_the_alarm_alone() {
        assert_eq!(Plan::default().settle(5, None), None);
    }
}
