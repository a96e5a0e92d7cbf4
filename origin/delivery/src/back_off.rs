//! When a failed delivery is retried, and when it is given up.

use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_store::deliveries::{Due, Next};

#[derive(Debug, Clone, Copy)]
pub struct BackOff {
    waits: Delays,
    give_up_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
enum Delays {
    Doubling { first: Duration, longest: Duration },
    Listed(&'static [Duration]),
}

impl BackOff {
    /// Doubles from the first delay to the longest, for ever.
    pub const fn doubling(first: Duration, longest: Duration) -> Self {
        Self { waits: Delays::Doubling { first, longest }, give_up_after: None }
    }

    /// These delays; the last one repeats.
    pub const fn listed(waits: &'static [Duration]) -> Self {
        Self { waits: Delays::Listed(waits), give_up_after: None }
    }

    /// The last attempt is this long after the delivery was queued.
    #[must_use]
    pub const fn giving_up_after(self, period: Duration) -> Self {
        Self { give_up_after: Some(period), ..self }
    }

    /// The delay after this many earlier failures: up to a quarter longer by
    /// `jitter`, so that a receiver that broke under load does not get
    /// everything at once.
    pub fn wait_ms(&self, failed: u32, jitter: u8) -> u64 {
        let wait = match self.waits {
            Delays::Doubling { first, longest } => {
                first.saturating_mul(1 << failed.min(16)).min(longest)
            }
            Delays::Listed(waits) => {
                let index = usize::try_from(failed).unwrap_or(usize::MAX);
                waits.get(index).or(waits.last()).copied().unwrap_or_default()
            }
        };
        let wait = millis(wait);
        wait + wait * u64::from(jitter) / 1_024
    }

    /// What follows a failure. `at_least` is the delay that the far side asked
    /// for.
    pub fn after(&self, due: &Due, at_least: Duration, jitter: u8, now: UnixMillis) -> Next {
        let end = match self.give_up_after {
            Some(period) => due.queued_at.0.saturating_add(millis(period)),
            None => u64::MAX,
        };
        if now.0 >= end {
            return Next::GivenUp;
        }
        let wait = self.wait_ms(due.attempts, jitter).max(millis(at_least));
        // The last attempt is at the end, whatever the far side asked for.
        Next::TryAt(UnixMillis(now.0.saturating_add(wait).min(end)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use munjigi_store::deliveries::Topic;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn due(attempts: u32) -> Due {
        Due {
            topic: Topic::Sites,
            key: "key".to_owned(),
            version: 1,
            payload: None,
            queued_at: NOW,
            attempts,
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let policy = BackOff::doubling(SECOND, 5 * SECOND);
        let waits: Vec<u64> = (0..5).map(|failed| policy.wait_ms(failed, 0)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 5_000, 5_000]);
        assert_eq!(policy.wait_ms(u32::MAX, 0), 5_000);
    }

    #[test]
    fn a_list_ends_with_the_delay_that_repeats_and_jitter_adds_at_most_a_quarter() {
        const WAITS: [Duration; 2] = [SECOND, Duration::from_secs(4)];
        let policy = BackOff::listed(&WAITS);
        assert_eq!(
            [0, 1, 2, u32::MAX].map(|it| policy.wait_ms(it, 0)),
            [1_000, 4_000, 4_000, 4_000]
        );
        assert_eq!(policy.wait_ms(0, 255), 1_249);
    }

    #[test]
    fn the_last_attempt_is_at_the_end_of_the_period() {
        let policy = BackOff::doubling(SECOND, SECOND).giving_up_after(10 * SECOND);
        let after =
            |at_least, passed| policy.after(&due(0), at_least, 0, UnixMillis(NOW.0 + passed));
        assert_eq!(after(Duration::ZERO, 0), Next::TryAt(UnixMillis(NOW.0 + 1_000)));
        assert_eq!(after(3 * SECOND, 0), Next::TryAt(UnixMillis(NOW.0 + 3_000)));
        assert_eq!(after(99 * SECOND, 9_999), Next::TryAt(UnixMillis(NOW.0 + 10_000)));
        assert_eq!(after(Duration::ZERO, 10_000), Next::GivenUp);
    }
}
