//! The baseline: a median, and how much the past varies around it.

/// Modified z-score from which a value is an outlier. Iglewicz and Hoaglin
/// recommend 3.5 (B. Iglewicz, D. C. Hoaglin, "How to Detect and Handle
/// Outliers", ASQC Basic References in Quality Control 16, 1993; NIST/SEMATECH
/// e-Handbook of Statistical Methods, 1.3.5.17).
pub const CUT_OFF: f64 = 3.5;

/// The expected MAD of a normal distribution with standard deviation 1: makes
/// the score comparable to a number of standard deviations.
const MAD_OF_NORMAL: f64 = 0.6745;

/// If the past never varied, every step is infinitely far; rows and JSON have
/// no infinities.
const MOST: f64 = 999.0;

/// Median and median absolute deviation of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Half of the past is below.
    pub median: f64,
    /// Half of the past is closer to the median.
    pub deviation: f64,
}

impl Baseline {
    /// Of samples; `None` if there are none.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let median = median(samples)?;
        let distances: Vec<f64> = samples.iter().map(|sample| (sample - median).abs()).collect();
        Some(Self { median, deviation: self::median(&distances)? })
    }

    /// Iglewicz and Hoaglin's modified z-score, `0.6745 (x - median) / MAD`.
    /// `least` is the smallest MAD assumed for a quiet past: without it, one
    /// more than always would be an alarm.
    pub fn score(&self, measured: f64, least: f64) -> f64 {
        let deviation = self.deviation.max(least);
        let distance = measured - self.median;
        if distance == 0.0 {
            return 0.0;
        }
        (MAD_OF_NORMAL * distance / deviation).clamp(-MOST, MOST)
    }
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(least: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.0..1e6, least..60)
    }

    #[test]
    fn a_baseline_is_the_middle_and_the_middle_of_the_distances() {
        let baseline = Baseline::of(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap();
        assert_eq!(baseline, Baseline { median: 2.0, deviation: 1.0 });
        let two = Baseline { median: 2.0, deviation: 1.0 };
        assert_eq!(Baseline::of(&[3.0, 1.0]), Some(two));
        assert_eq!(Baseline::of(&[]), None);
    }

    #[test]
    fn the_score_is_that_of_the_handbook() {
        // 0.6745 (9 - 2) / 1
        let baseline = Baseline { median: 2.0, deviation: 1.0 };
        assert!((baseline.score(9.0, 0.0) - 4.7215).abs() < 1e-9);
        assert!((baseline.score(9.0, 7.0) - MAD_OF_NORMAL).abs() < 1e-9);
    }

    #[test]
    fn a_past_that_never_varied_has_a_finite_score() {
        let baseline = Baseline::of(&[0.0; 8]).unwrap();
        let scores = [0.0, 5_000.0, -1.0].map(|measured| baseline.score(measured, 0.0));
        assert_eq!(scores.map(|score| format!("{score}")), ["0", "999", "-999"]);
    }

    proptest! {
        #[test]
        fn a_constant_series_never_scores(value in 0.0..1e9, length in 1_usize..60) {
            let baseline = Baseline::of(&vec![value; length]).unwrap();
            prop_assert!(baseline.score(value, 0.0).abs() < f64::EPSILON);
        }

        #[test]
        fn the_score_does_not_know_the_unit(past in numbers(3), now in 0.0..1e6, by in 0.001..1e3) {
            let scaled: Vec<f64> = past.iter().map(|sample| sample * by).collect();
            let (one, other) = (Baseline::of(&past).unwrap(), Baseline::of(&scaled).unwrap());
            let (one, other) = (one.score(now, 1.0), other.score(now * by, by));
            prop_assert!((one - other).abs() <= 1e-6 * one.abs().max(1.0), "{} {}", one, other);
        }

        #[test]
        fn one_outlier_does_not_move_what_never_varied(
            value in 0.0..1e6, length in 3_usize..60, outlier in any::<f64>()
        ) {
            prop_assume!(outlier.is_finite());
            let mut past = vec![value; length];
            let before = Baseline::of(&past).unwrap();
            past[0] = outlier;
            prop_assert_eq!(Baseline::of(&past).unwrap(), before);
        }

        #[test]
        fn one_outlier_moves_the_median_to_a_neighbour_at_most(past in numbers(5), huge in 1e7..1e300) {
            let mut sorted = past.clone();
            sorted.sort_by(f64::total_cmp);
            let middle = sorted.len() / 2;
            let mut spoilt = past;
            spoilt[0] = huge;
            let moved = Baseline::of(&spoilt).unwrap().median;
            prop_assert!(sorted[middle.saturating_sub(1)] <= moved && moved <= sorted[middle + 1]);
        }

        #[test]
        fn the_order_of_the_past_does_not_matter(past in numbers(1)) {
            let mut turned = past.clone();
            turned.reverse();
            prop_assert_eq!(Baseline::of(&past), Baseline::of(&turned));
        }
    }
}
