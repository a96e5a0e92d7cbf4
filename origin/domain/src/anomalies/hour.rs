//! The counts of sixty minutes, and what they show.

use munjigi_protocol::{SOLVE_MS_BOUNDS, SOLVE_MS_BUCKETS};

/// Sixty minutes of a site, or of one network at a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hour {
    /// First challenges.
    pub issued: u64,
    /// Tokens issued.
    pub solved: u64,
    /// Wrong solutions and answers.
    pub failed: u64,
    /// Refused requests.
    pub refused: u64,
    /// Solve times by the protocol's buckets; empty if there are none.
    pub solve_ms: Vec<u64>,
}

impl Hour {
    /// The share of wrong solutions and answers, and how many there were in
    /// all.
    pub fn failures(&self) -> (f64, u64) {
        share(self.failed, self.solved)
    }

    /// The share of refused requests, and how many there were in all.
    pub fn refusals(&self) -> (f64, u64) {
        share(self.refused, self.issued)
    }

    /// How far apart the middle half of the solve times is, in doublings: 1 if
    /// the slower quarter takes twice as long as the quicker. A ratio, so that
    /// more expensive work, which takes everybody longer, does not change it.
    /// Bounds of buckets are an octave apart, so distances below half a
    /// doubling cannot be resolved. The second value is the number of solve
    /// times.
    pub fn spread(&self) -> (Option<f64>, u64) {
        let all = self.solve_ms.iter().sum();
        let spread = self.quantile(0.75).zip(self.quantile(0.25)).map(|(slow, quick)| slow - quick);
        (spread, all)
    }

    /// Base-2 logarithm of the time within which a share was solved,
    /// interpolated between the bounds of its bucket.
    fn quantile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.solve_ms.iter().sum();
        if all == 0 || self.solve_ms.len() != SOLVE_MS_BUCKETS {
            return None;
        }
        let wanted = share * float(all);
        let mut passed = 0.0;
        for (count, (lower, upper)) in self.solve_ms.iter().zip(octaves()) {
            let count = float(*count);
            if count > 0.0 && passed + count >= wanted {
                return Some(lower + (wanted - passed) / count * (upper - lower));
            }
            passed += count;
        }
        None
    }
}

/// Buckets as logarithms. The first begins, and the last ends, an octave from
/// its only bound.
fn octaves() -> impl Iterator<Item = (f64, f64)> {
    let bounds = SOLVE_MS_BOUNDS.map(|bound| f64::from(bound).log2());
    let (first, last) = (bounds[0] - 1.0, bounds[SOLVE_MS_BUCKETS - 2] + 1.0);
    let lower = std::iter::once(first).chain(bounds);
    lower.zip(bounds.into_iter().chain(std::iter::once(last)))
}

fn share(part: u64, rest: u64) -> (f64, u64) {
    let whole = part.saturating_add(rest);
    let share = if whole == 0 { 0.0 } else { float(part) / float(whole) };
    (share, whole)
}

/// Counts are far below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(buckets: [u64; SOLVE_MS_BUCKETS]) -> Hour {
        Hour { solve_ms: buckets.to_vec(), ..Hour::default() }
    }

    #[test]
    fn the_spread_is_a_ratio_of_times() {
        let one_bucket = solved([0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0]).spread();
        assert_eq!(one_bucket, (Some(0.5), 100));
        let three = solved([0, 0, 0, 100, 100, 100, 0, 0, 0, 0, 0, 0]).spread();
        let further = solved([0, 0, 0, 0, 0, 100, 100, 100, 0, 0, 0, 0]).spread();
        assert_eq!(three, (Some(1.5), 300));
        assert_eq!(three, further, "four times the work is no other spread");
        for alone in [0, SOLVE_MS_BUCKETS - 1] {
            let mut buckets = [0; SOLVE_MS_BUCKETS];
            buckets[alone] = 7;
            assert!((solved(buckets).spread().0.unwrap() - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn where_nothing_was_solved_there_is_no_spread() {
        assert_eq!(Hour::default().spread(), (None, 0));
        assert_eq!(solved([0; SOLVE_MS_BUCKETS]).spread(), (None, 0));
        let odd = Hour { solve_ms: vec![1, 2], ..Hour::default() };
        assert_eq!(odd.spread().0, None);
    }

    #[test]
    fn shares_are_of_what_was_counted() {
        let hour = Hour { issued: 30, solved: 15, failed: 5, refused: 10, ..Hour::default() };
        assert_eq!(hour.failures(), (0.25, 20));
        assert_eq!(hour.refusals(), (0.25, 40));
        assert_eq!(Hour::default().failures(), (0.0, 0));
    }
}
