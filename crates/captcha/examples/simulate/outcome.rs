//! What a day came to.

use crate::world::{DOLLARS_PER_CORE_HOUR, FLOOR, HASHES_PER_SECOND};

/// What a day came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Tokens that the attacker earned.
    pub attempts: u64,
    /// Expected hashes that they cost, and what was begun for nothing.
    pub hashes: u64,
    /// What each person paid, in 100ths of the floor, sorted.
    pub people: Vec<u32>,
    /// What each person with the browser of [`VICTIMS`](crate::world::VICTIMS) paid, sorted.
    pub victims: Vec<u32>,
    /// People who were asked for a picture, or for the work in place of one.
    pub stepped: u64,
    /// People who were refused.
    pub refused: u64,
    /// For each hour: what the attacker's tokens cost on average, and the 99th
    /// percentile of what people paid, both in 100ths of the floor.
    pub hours: Vec<(u32, u32)>,
}

impl Outcome {
    /// What 1,000 tokens cost the attacker, in US dollars; 0 without tokens.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn dollars_per_thousand(&self) -> f64 {
        let seconds = self.hashes as f64 / HASHES_PER_SECOND;
        1_000.0 * seconds / 3_600.0 * DOLLARS_PER_CORE_HOUR / self.attempts.max(1) as f64
    }

    /// What a token cost the attacker on average, in 100ths of the floor.
    pub fn mean(&self) -> u32 {
        let floors = self.hashes.saturating_mul(100) / FLOOR;
        u32::try_from(floors / self.attempts.max(1)).unwrap_or(u32::MAX)
    }

    /// A percentile of what people paid, in 100ths of the floor.
    pub fn percentile(&self, per_thousand: usize) -> u32 {
        percentile(&self.people, per_thousand)
    }

    /// The same of those with the browser of [`VICTIMS`](crate::world::VICTIMS).
    pub fn of_victims(&self, per_thousand: usize) -> u32 {
        percentile(&self.victims, per_thousand)
    }

    /// Core-seconds of an attacker's machine that people paid above the floor.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn surcharge_seconds(&self) -> f64 {
        let above: u64 = self.people.iter().map(|paid| u64::from(paid.saturating_sub(100))).sum();
        (above * FLOOR / 100) as f64 / HASHES_PER_SECOND
    }

    /// Core-seconds that the attacker paid.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn attackers_seconds(&self) -> f64 {
        self.hashes as f64 / HASHES_PER_SECOND
    }
}

/// A percentile of sorted numbers; 0 of none.
pub fn percentile(sorted: &[u32], per_thousand: usize) -> u32 {
    sorted
        .get((sorted.len() * per_thousand / 1_000).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
