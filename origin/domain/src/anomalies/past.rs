//! Which past hours an hour is compared with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Hour;

const DAY_HOURS: u64 = 24;
const WEEK_HOURS: u64 = 7 * DAY_HOURS;

/// Weeks of the past that are examined.
pub const WEEKS_LOOKED_AT: u64 = 8;
/// From this many weeks on, Monday at nine is compared with Mondays at nine.
pub const WEEKS_NEEDED: usize = 4;
/// Days of the past that are examined if there are fewer weeks.
pub const DAYS_LOOKED_AT: u64 = 28;
/// From this many days on, nine o'clock is compared with nine o'clock; before
/// that, a site is not judged.
pub const DAYS_NEEDED: usize = 7;

/// Which hours are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basis {
    /// The same hour of the same day of earlier weeks.
    #[serde(rename = "hour-of-week")]
    HourOfWeek,
    /// The same hour of earlier days.
    #[serde(rename = "hour-of-day")]
    HourOfDay,
}

/// The past of a site, or of one network at a site. Hours are counted from
/// 1970, so that the same hour of another week is 168 away: times are UTC, so
/// daylight saving time blurs two weeks a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// When anything was first counted at the site.
    pub first: Option<u64>,
    /// Hours in which something was counted. Those of [`slots`] are enough.
    pub hours: BTreeMap<u64, Hour>,
}

/// Every hour that the given one may be compared with.
pub fn slots(hour: u64) -> Vec<u64> {
    let daily = (1..=DAYS_LOOKED_AT).map(|days| days * DAY_HOURS);
    let weekly = (DAYS_LOOKED_AT / 7 + 1..=WEEKS_LOOKED_AT).map(|weeks| weeks * WEEK_HOURS);
    daily.chain(weekly).filter_map(|back| hour.checked_sub(back)).collect()
}

impl Past {
    /// A number in the hours that `hour` is compared with: those of the week if
    /// there are enough, else those of the day, else none. An hour without a
    /// row had no visitors, once the site had begun.
    pub fn samples(
        &self,
        hour: u64,
        number: impl Fn(&Hour) -> Option<f64>,
    ) -> Option<(Vec<f64>, Basis)> {
        let first = self.first?;
        let none = Hour::default();
        let sampled = |every: u64, most: u64| -> Vec<f64> {
            let back = (1..=most).filter_map(|steps| hour.checked_sub(steps * every));
            // The first hour was incomplete.
            let whole = back.filter(|past| *past > first);
            whole.filter_map(|past| number(self.hours.get(&past).unwrap_or(&none))).collect()
        };
        let weekly = sampled(WEEK_HOURS, WEEKS_LOOKED_AT);
        if weekly.len() >= WEEKS_NEEDED {
            return Some((weekly, Basis::HourOfWeek));
        }
        let daily = sampled(DAY_HOURS, DAYS_LOOKED_AT);
        (daily.len() >= DAYS_NEEDED).then_some((daily, Basis::HourOfDay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 498_660;

    fn since(hours: u64) -> Past {
        Past { first: Some(NOW - hours), hours: BTreeMap::new() }
    }

    fn basis(past: &Past) -> Option<(usize, Basis)> {
        past.samples(NOW, |hour| Some(super::super::hour::float(hour.issued)))
            .map(|(samples, basis)| (samples.len(), basis))
    }

    #[test]
    fn four_weeks_make_an_hour_of_the_week_and_seven_days_one_of_the_day() {
        assert_eq!(basis(&Past::default()), None);
        assert_eq!(basis(&since(7 * DAY_HOURS)), None, "the first hour was not whole");
        assert_eq!(basis(&since(7 * DAY_HOURS + 1)), Some((7, Basis::HourOfDay)));
        assert_eq!(basis(&since(4 * WEEK_HOURS)), Some((27, Basis::HourOfDay)));
        assert_eq!(basis(&since(4 * WEEK_HOURS + 1)), Some((4, Basis::HourOfWeek)));
        assert_eq!(basis(&since(52 * WEEK_HOURS)), Some((8, Basis::HourOfWeek)));
    }

    #[test]
    fn hours_that_say_nothing_do_not_count() {
        let mut past = since(52 * WEEK_HOURS);
        for week in 1..=3 {
            past.hours.insert(NOW - week * WEEK_HOURS, Hour { issued: 9, ..Hour::default() });
        }
        let number = |hour: &Hour| (hour.issued > 0).then_some(1.0);
        assert_eq!(past.samples(NOW, number), None, "three weeks, and no more days");
        past.hours.insert(NOW - 4 * WEEK_HOURS, Hour { issued: 9, ..Hour::default() });
        assert_eq!(past.samples(NOW, number), Some((vec![1.0; 4], Basis::HourOfWeek)));
    }

    #[test]
    fn every_hour_that_is_looked_at_is_fetched() {
        let slots = slots(NOW);
        assert_eq!(slots.len(), 32);
        for steps in 1..=WEEKS_LOOKED_AT {
            assert!(slots.contains(&(NOW - steps * WEEK_HOURS)));
        }
        for steps in 1..=DAYS_LOOKED_AT {
            assert!(slots.contains(&(NOW - steps * DAY_HOURS)));
        }
    }
}
