//! What first challenges cost: now, and over the time shown.

use munjigi_domain::statistics::Period;
use munjigi_protocol::PRICE_BUCKETS;
use munjigi_store::prices::{Fleet, Priced};
use time::OffsetDateTime;

use super::heights;
use crate::format;

/// Prices step by step.
#[derive(Debug)]
pub struct Prices {
    pub steps: Vec<PriceStep>,
}

/// One step, with how much its challenges cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceStep {
    pub label: String,
    pub issued: u64,
    /// What half of the challenges cost at most, as `1×` or `2–4×`.
    pub median: &'static str,
    /// The same of 95 in a hundred.
    pub most: &'static str,
    /// How many cost at least twice the floor.
    pub raised: String,
    /// Height of its bar, by its 95 in a hundred.
    pub height: u64,
}

/// How a price is written, by doublings of the floor.
const WORDS: [&str; PRICE_BUCKETS] = ["1×", "2×", "4×", "8×", "16×", "32×", "64×"];

impl Prices {
    /// Every step of a time, those without challenges too.
    pub fn of(steps: &[OffsetDateTime], priced: &[Priced], period: Period) -> Self {
        let at = |step: &OffsetDateTime| {
            let row = priced.iter().find(|row| row.at == *step);
            row.map_or([0; PRICE_BUCKETS], |row| row.issued)
        };
        let rows: Vec<_> = steps.iter().map(|step| (step, at(step))).collect();
        let place =
            |issued: &[u64; PRICE_BUCKETS]| bucket(issued, 95).map_or(0, |at| at as u64 + 1);
        let bars = heights(&rows.iter().map(|(_, issued)| place(issued)).collect::<Vec<_>>());
        let step = |((at, issued), height): ((&OffsetDateTime, [u64; PRICE_BUCKETS]), u64)| {
            let all: u64 = issued.iter().sum();
            PriceStep {
                label: format::step(*at, period),
                issued: all,
                median: word(bucket(&issued, 50)),
                most: word(bucket(&issued, 95)),
                raised: super::scores::percent(all - issued[0], all),
                height,
            }
        };
        Self { steps: rows.into_iter().zip(bars).map(step).collect() }
    }

    /// The last step that had any challenges.
    pub fn now(&self) -> Option<&PriceStep> {
        self.steps.iter().rev().find(|step| step.issued > 0)
    }

    pub fn width(&self) -> usize {
        self.steps.len() * 10
    }
}

/// The bucket in which this percentage of challenges is reached.
fn bucket(issued: &[u64; PRICE_BUCKETS], percent: u64) -> Option<usize> {
    let all: u64 = issued.iter().sum();
    let mut below = 0;
    issued.iter().position(|number| {
        below += number;
        below > 0 && u128::from(below) * 100 >= u128::from(all) * u128::from(percent)
    })
}

fn word(bucket: Option<usize>) -> &'static str {
    bucket.and_then(|bucket| WORDS.get(bucket)).copied().unwrap_or("–")
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRow {
    pub name: String,
    pub site: String,
    pub networks: u64,
    pub issued: u64,
    /// Of all first challenges of the time shown.
    pub share: String,
    pub first: String,
    pub last: String,
}

impl FleetRow {
    pub fn of(fleet: Fleet, all: u64) -> Self {
        Self {
            share: super::scores::percent(fleet.issued, all),
            first: minute(fleet.first_seen),
            last: minute(fleet.last_seen),
            name: fleet.name,
            site: fleet.site,
            networks: fleet.networks,
            issued: fleet.issued,
        }
    }
}

fn minute(at: OffsetDateTime) -> String {
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_step_says_what_half_and_nearly_all_paid() {
        let (first, second) = (datetime!(2026-11-20 11:00 UTC), datetime!(2026-11-20 12:00 UTC));
        let rows = [Priced { at: second, issued: [60, 30, 6, 3, 1, 0, 0] }];
        let prices = Prices::of(&[first, second], &rows, Period::Day);
        let [empty, step] = prices.steps.as_slice() else { panic!("two steps") };
        assert_eq!((empty.issued, empty.median, empty.raised.as_str()), (0, "–", "–"));
        assert_eq!((step.median, step.most, step.raised.as_str()), ("1×", "4×", "40.0 %"));
        assert_eq!((step.label.as_str(), step.height), ("12:00", 98));
        assert_eq!(prices.now(), Some(step));
        assert_eq!(prices.width(), 20);
    }

    #[test]
    fn the_dearest_has_a_word_too() {
        assert_eq!(word(bucket(&[0, 0, 0, 0, 0, 0, 5], 50)), "64×");
        assert_eq!(bucket(&[0; PRICE_BUCKETS], 95), None);
    }
}
