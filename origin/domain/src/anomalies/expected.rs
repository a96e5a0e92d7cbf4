//! How many visitors are expected to pass on a site at each hour of a week: the
//! medians by which an hour is judged, published to the edge. Challenges that
//! no one solves are left out. Otherwise, requesting them for weeks would make
//! room for a flood.

use super::{Baseline, Past, WEEKS_LOOKED_AT};

/// Hours of a week.
pub const WEEK: usize = 168;

/// 1970 began on a Thursday; a week begins on Monday.
const THURSDAY: u64 = 72;

/// An hour counts as changed if it differs by a quarter, …
const QUARTER: u32 = 4;

/// …and by this many visitors.
const LEAST: u32 = 20;

/// The place of an hour, counted from 1970, in a week that begins on Monday.
pub fn slot(hour: u64) -> usize {
    usize::try_from((hour + THURSDAY) % WEEK as u64).unwrap_or_default()
}

/// Every past hour that matters for the week that begins with this hour.
pub fn weeks(now: u64) -> Vec<u64> {
    let first = now.saturating_sub(WEEKS_LOOKED_AT * WEEK as u64);
    (first..now).collect()
}

/// The numbers of a week by [`slot`]; `None` as long as too little is known.
pub fn expected(past: &Past, now: u64) -> Option<Vec<u32>> {
    let mut week = vec![0; WEEK];
    for hour in now..now + WEEK as u64 {
        let (samples, _) = past.samples(hour, |hour| Some(super::hour::float(hour.solved)))?;
        let median = Baseline::of(&samples)?.median.round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count; casts saturate"
        )]
        let median = median as u32;
        *week.get_mut(slot(hour))? = median;
    }
    Some(week)
}

/// Whether a week is so unlike the published one that the edge should know.
pub fn differs(published: &[u32], week: &[u32]) -> bool {
    published.len() != week.len()
        || published.iter().zip(week).any(|(one, other)| {
            let by = one.abs_diff(*other);
            by >= LEAST && by >= one / QUARTER
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::Hour;

    /// A Monday at midnight in UTC.
    const MONDAY: u64 = 498_720;

    /// Nine in ten challenges are solved.
    fn past(weeks: u64, solved: impl Fn(u64) -> u64) -> Past {
        let hours = (MONDAY - weeks * 168..MONDAY).map(|hour| (hour, solved(hour))).map(
            |(hour, solved)| (hour, Hour { issued: solved * 10 / 9, solved, ..Hour::default() }),
        );
        Past { first: Some(MONDAY - weeks * 168 - 1), hours: hours.collect() }
    }

    #[test]
    fn a_week_is_the_median_of_weeks() {
        assert_eq!(slot(MONDAY), 0);
        // Tuesdays at nine are busy; one of them was attacked.
        let busy = past(8, |hour| match slot(hour) {
            33 if hour > MONDAY - 168 => 90_000,
            33 => 500,
            _ => 40,
        });
        let week = expected(&busy, MONDAY).unwrap();
        assert_eq!((week.len(), week[33], week[32]), (WEEK, 500, 40));
        // It does not matter when in the week it is computed.
        assert_eq!(expected(&busy, MONDAY + 50).unwrap()[33], 500);
    }

    #[test]
    fn a_young_site_is_expected_nothing_of() {
        assert_eq!(expected(&Past::default(), MONDAY), None);
        let days = Past { first: Some(MONDAY - 4 * 24), ..Past::default() };
        assert_eq!(expected(&days, MONDAY), None);
        // After some days, by the hour of the day.
        let young = past(2, |hour| if hour % 24 == 9 { 300 } else { 10 });
        assert_eq!(expected(&young, MONDAY).unwrap()[33], 300);
    }

    #[test]
    fn the_edge_learns_of_what_matters() {
        let (week, mut other) = (vec![100; WEEK], vec![100; WEEK]);
        assert!(differs(&[], &week) && !differs(&week, &other));
        other[7] = 119;
        assert!(!differs(&week, &other));
        other[7] = 130;
        assert!(differs(&week, &other));
        assert!(!differs(&[1_000; WEEK], &[1_100; WEEK]));
    }
}
