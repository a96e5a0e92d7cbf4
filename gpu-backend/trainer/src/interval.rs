//! Shares of trials, and their confidence intervals.

use serde::{Deserialize, Serialize};

/// A number of successes in a number of trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub passed: u32,
    pub tried: u32,
}

impl Share {
    /// The share; 0 without a trial.
    pub fn rate(self) -> f64 {
        f64::from(self.passed) / f64::from(self.tried.max(1))
    }

    /// Wilson's interval at 95 %.
    pub fn interval(self) -> [f64; 2] {
        const Z: f64 = 1.959_964;
        if self.tried == 0 {
            return [0.0, 1.0];
        }
        let n = f64::from(self.tried);
        let middle = self.rate() + Z * Z / (2.0 * n);
        let rate = self.rate();
        let reach = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        [((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_wilsons() {
        let [low, high] = Share { passed: 8, tried: 10 }.interval();
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3);
    }

    #[test]
    fn no_success_still_leaves_room_above() {
        let [low, high] = Share { passed: 0, tried: 200 }.interval();
        assert!(low == 0.0 && high > 0.015 && high < 0.025);
    }
}
