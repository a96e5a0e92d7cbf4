//! Repeatable randomness for weights, batches and augmentation: SplitMix64. No
//! picture that a visitor sees comes from it.

use std::f32::consts::PI;

/// A sequence of random numbers.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of a purpose and a number within it.
    pub fn new(purpose: u64, number: u64) -> Self {
        let mut dice = Self(purpose.wrapping_mul(0xa24b_aed4_963e_e407) ^ number);
        dice.0 = dice.throw();
        dice
    }

    /// The next 64 random bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform from 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit an f32 exactly")]
    pub fn unit(&mut self) -> f32 {
        (self.throw() >> 40) as f32 / 16_777_216.0
    }

    /// Uniform between two bounds.
    pub fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `bound`, which must not be 0.
    #[expect(clippy::missing_panics_doc, reason = "the expectation states why none happens")]
    pub fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.throw()) * (bound as u128);
        usize::try_from(wide >> 64).expect("a product's upper half is below its factor")
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Normally distributed, mean 0, deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (2.0 * PI * self.unit()).cos()
    }
}
