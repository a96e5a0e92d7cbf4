//! Probe inputs, and the distance between two answers.

use std::fmt;

use crate::onnx::Canonical;

/// The distance of an answer from the expected one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// Largest distance, relative to the largest expected number.
    pub relative: f32,
}

impl Difference {
    /// Whether it is small enough; NaN never is.
    pub fn within(self, tolerance: f32) -> bool {
        self.relative <= tolerance
    }

    /// The larger one; NaN counts as the largest.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other.relative.is_nan() || other.relative > self.relative { other } else { self }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1e} of the largest number", self.relative)
    }
}

/// Compares two outputs. Different lengths and numbers that are not finite
/// count as infinitely different.
pub fn difference(found: &[f32], wanted: &[f32]) -> Difference {
    if found.len() != wanted.len() || found.iter().chain(wanted).any(|x| !x.is_finite()) {
        return Difference { relative: f32::INFINITY };
    }
    let largest = wanted.iter().fold(0_f32, |most, x| most.max(x.abs())).max(1e-6);
    let distance = found.iter().zip(wanted).fold(0_f32, |most, (a, b)| most.max((a - b).abs()));
    Difference { relative: distance / largest }
}

/// Numbers between -1 and 1 for each input, always the same for a seed.
pub fn inputs(model: &Canonical, seed: u64) -> Vec<Vec<f32>> {
    let mut state = seed;
    let lengths = model.inputs.iter().map(|name| model.shapes[name].iter().product::<usize>());
    lengths.map(|length| (0..length).map(|_| uniform(&mut state)).collect()).collect()
}

/// SplitMix64's next number, scaled to -1 to 1.
#[expect(clippy::cast_precision_loss, reason = "24 bits are a float's own")]
pub fn uniform(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_never_within() {
        assert!(!difference(&[f32::NAN], &[f32::NAN]).within(1.0));
        assert!(!difference(&[1.0], &[1.0, 2.0]).within(1.0));
    }

    #[test]
    fn the_difference_is_relative_to_the_largest_number() {
        assert!(difference(&[0.0, 100.0], &[0.05, 100.0]).within(1e-3));
        assert!(!difference(&[0.0, 1.0], &[0.05, 1.0]).within(1e-3));
    }
}
