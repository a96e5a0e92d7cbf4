//! The price of "another way": each use by a network on a site doubles it, up
//! to what a person still waits for, and it halves again over time. It never
//! becomes a refusal. The port decides who pays and where the number is stored.
//!
//! **another way**: the visitor's choice of a longer puzzle instead of a
//! picture.

use munjigi_format::Format;
use serde::{Deserialize, Serialize};

use munjigi_keys::UnixMillis;

/// How often a network recently used another way: doublings of the price, as of
/// a point in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    uses: u32,
    at_seconds: u64,
}

/// Its bytes are those that stores keep.
impl Format for Price {
    const VERSION: u8 = 1;
}

/// After this long without a use, one doubling is forgotten.
pub const FORGET_SECONDS: u64 = 1_800;

/// More doublings are not remembered: the cap is reached long before, and a
/// network that stops must not have to wait for days.
const MAX_USES: u32 = 12;

impl Price {
    /// The price at this time.
    #[must_use]
    pub fn at(self, now: UnixMillis) -> Self {
        let passed = now.seconds().saturating_sub(self.at_seconds);
        let forgotten = u32::try_from(passed / FORGET_SECONDS).unwrap_or(u32::MAX);
        match self.uses.saturating_sub(forgotten) {
            0 => Self { uses: 0, at_seconds: now.seconds() },
            uses => {
                let at_seconds = self.at_seconds + u64::from(forgotten) * FORGET_SECONDS;
                Self { uses, at_seconds }
            }
        }
    }

    /// The price after one more use at this time.
    #[must_use]
    pub fn raised(self, now: UnixMillis) -> Self {
        let current = self.at(now);
        Self { uses: (current.uses + 1).min(MAX_USES), ..current }
    }

    /// The price that its last use paid, for a use that asks again.
    #[must_use]
    pub const fn before_last(self) -> Self {
        Self { uses: self.uses.saturating_sub(1), ..self }
    }

    /// The highest possible price.
    pub const HIGHEST: Self = Self { uses: MAX_USES, at_seconds: 0 };

    /// How often the price has doubled.
    pub const fn doublings(self) -> u32 {
        self.uses
    }

    /// Seconds from now until at most this many doublings are left.
    pub(crate) const fn seconds_until(self, doublings: u32, now: UnixMillis) -> u64 {
        let forgotten = self.uses.saturating_sub(doublings) as u64 * FORGET_SECONDS;
        (self.at_seconds + forgotten).saturating_sub(now.seconds())
    }

    /// When nothing of it is left and the row can be deleted.
    pub const fn forgotten_at(self) -> UnixMillis {
        UnixMillis::from_seconds(self.at_seconds + self.uses as u64 * FORGET_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

    fn later(seconds: u64) -> UnixMillis {
        UnixMillis(NOW.0 + seconds * 1_000)
    }

    #[test]
    fn each_use_doubles_and_each_half_hour_forgets_one() {
        let mut price = Price::default();
        for uses in 0..5 {
            assert_eq!(price.at(NOW).doublings(), uses);
            price = price.raised(NOW);
        }
        assert_eq!(price.at(later(1_799)).doublings(), 5);
        assert_eq!(price.at(later(1_800)).doublings(), 4);
        assert_eq!(price.at(later(9_000)).doublings(), 0);
        assert_eq!(price.forgotten_at(), later(9_000));
    }

    #[test]
    fn the_wait_for_a_lower_price_is_told() {
        let price = Price::default().raised(NOW).raised(NOW).raised(NOW);
        for (now, left, seconds) in
            [(NOW, 2, 1_800), (NOW, 0, 5_400), (later(1_000), 2, 800), (later(9_000), 2, 0)]
        {
            assert_eq!(price.seconds_until(left, now), seconds);
        }
        assert_eq!(price.at(later(1_800)).doublings(), 2);
    }

    #[test]
    fn reading_a_price_often_does_not_keep_it_up() {
        let mut price = Price::default().raised(NOW).raised(NOW);
        for seconds in 0..3_600 {
            price = price.at(later(seconds));
        }
        assert_eq!(price.doublings(), 1);
        assert_eq!(price.at(later(3_600)).doublings(), 0);
    }

    #[test]
    fn a_price_has_an_end() {
        let mut price = Price::default();
        for _ in 0..1_000 {
            price = price.raised(NOW);
        }
        assert_eq!(price.doublings(), Price::HIGHEST.doublings());
        assert_eq!(price.at(later(6 * 3_600)).doublings(), 0);
    }

    #[test]
    fn a_use_that_is_asked_about_again_costs_what_it_cost() {
        let paid = Price::default().raised(NOW);
        assert_eq!(paid.raised(NOW).before_last(), paid);
        assert_eq!(Price::default().before_last(), Price::default());
    }

    #[test]
    fn a_price_is_these_bytes() {
        let price = Price::default().raised(NOW).raised(NOW);
        munjigi_format::contract::format(
            &price,
            &[("01", "version"), ("02", "uses 2"), ("f886fbc806", "at 1763623800 s")],
        );
    }

    #[test]
    fn a_clock_that_steps_back_forgets_nothing() {
        let price = Price::default().raised(NOW).raised(NOW);
        assert_eq!(price.at(UnixMillis(0)).doublings(), 2);
    }
}
