//! The source of randomness: a seed that the caller passes in, and the dice
//! drawn from it. ChaCha8 makes the sequence the same on every machine.

use core::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// What a picture is drawn from. Anyone who knows it knows the answer: it is
/// as secret as the answer until the picture is retired.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed(pub [u8; 32]);

impl core::fmt::Debug for Seed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed")
    }
}

impl Seed {
    /// A seed for tests, benches and sheets: 64 bits can be searched, so
    /// nothing that a visitor sees may come from it.
    pub fn numbered(number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }

    /// The dice of one purpose: each stream is independent of the others, so
    /// that a change in how a thing is built leaves its light unchanged.
    pub(crate) fn dice(&self, stream: u64) -> Dice {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(stream);
        Dice(rng)
    }
}

/// A sequence of random numbers.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Uniform in `[0, 1)`, in steps of 2⁻²⁴: exact in `f32`.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit an f32 exactly")]
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform between two bounds.
    pub fn within(&mut self, bounds: RangeInclusive<f32>) -> f32 {
        let (low, high) = bounds.into_inner();
        low + (high - low) * self.unit()
    }

    /// A whole number, both bounds included. The bias of the multiplication
    /// is below 2⁻²⁴ for the small ranges used here.
    pub fn whole(&mut self, bounds: RangeInclusive<usize>) -> usize {
        let (low, high) = bounds.into_inner();
        let span = (high - low + 1) as u64;
        let throw = (u64::from(self.0.next_u32()) * span) >> 32;
        low + usize::try_from(throw).expect("a throw is below the span, which is a usize")
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A random item of the list.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.whole(0..=from.len() - 1)]
    }

    /// Shuffles a list (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.whole(0..=last));
        }
    }

    /// A separate seed, for a part that needs many random numbers.
    pub fn seed(&mut self) -> Seed {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        Seed(bytes)
    }
}
