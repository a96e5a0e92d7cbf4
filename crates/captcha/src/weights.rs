//! What signs are worth: everywhere (`fixed`), and at a site whose owner told
//! the origin what became of its visitors. Integers alone, so that every edge
//! and the origin come to the same score.
//!
//! **score weights**: what each sign adds to the log-odds of fraud at one site,
//! learned from its outcomes.

mod fixed;

use std::collections::BTreeMap;

use munjigi_protocol::{ScoreWeights, Sign, Signs};
use serde::{Deserialize, Serialize};

pub use fixed::{BIAS, CONVICTING, CONVICTION, Weight, chance_of, prior, weight};

/// The most that a sign adds or takes, in thousandths of log-odds.
pub const MOST: i32 = 4_000;

/// The most that a visit without signs begins with, either way, in the same
/// unit.
pub const MOST_BIAS: i32 = 8_000;

/// The weights of one site, parsed: within their bounds, and none of a
/// convicting sign below what it adds everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ScoreWeights", into = "ScoreWeights")]
pub struct Weights {
    version: u32,
    bias: i32,
    of: BTreeMap<Sign, i32>,
}

/// Why weights are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// The bias is beyond [`MOST_BIAS`].
    #[error("bias is beyond 8,000")]
    Bias,
    /// A weight is beyond [`MOST`].
    #[error("the weight of {} is beyond 4,000", .0.as_str())]
    Weight(Sign),
    /// A sign that convicts adds less than everywhere.
    #[error("{} convicts, and adds less than 3,864", .0.as_str())]
    Conviction(Sign),
}

impl Weights {
    /// Parses weights as the wire has them. [`Sign::Outcomes`] is left out,
    /// whatever it is said to weigh.
    ///
    /// # Errors
    ///
    /// The origin's mistake; a retry does not help.
    pub fn parse(given: &ScoreWeights) -> Result<Self, WeightsError> {
        if !(-MOST_BIAS..=MOST_BIAS).contains(&given.bias) {
            return Err(WeightsError::Bias);
        }
        let mut of = given.weights.clone();
        of.remove(&Sign::Outcomes);
        for sign in features() {
            // An origin of a release before may not know that it convicts.
            if weight(sign) == Weight::Convicts {
                of.entry(sign).or_insert(CONVICTION);
            }
            let adds = of.get(&sign).copied().unwrap_or_default();
            if !(-MOST..=MOST).contains(&adds) {
                return Err(WeightsError::Weight(sign));
            }
            if weight(sign) == Weight::Convicts && adds < CONVICTION {
                return Err(WeightsError::Conviction(sign));
            }
        }
        Ok(Self { version: given.version, bias: given.bias, of })
    }

    /// Which training they are of.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The log-odds of fraud of a visit, in thousandths, where one visit in
    /// twenty is fraudulent.
    pub fn log_odds(&self, signs: Signs) -> i32 {
        let added: i32 = signs.iter().filter_map(|sign| self.of.get(&sign)).sum();
        self.bias + added
    }

    /// 0 = bot, 100 = person: a hundred times the chance that a visit is
    /// legitimate, rounded.
    pub fn score(&self, signs: Signs) -> u8 {
        let odds = self.log_odds(signs);
        let low = LEAST_ODDS.iter().filter(|least| odds <= **least).count();
        let high = LEAST_ODDS.iter().filter(|least| -odds >= **least).count();
        u8::try_from(low + high).unwrap_or(100)
    }
}

impl TryFrom<ScoreWeights> for Weights {
    type Error = WeightsError;

    fn try_from(given: ScoreWeights) -> Result<Self, WeightsError> {
        Self::parse(&given)
    }
}

impl From<Weights> for ScoreWeights {
    fn from(Weights { version, bias, of }: Weights) -> Self {
        Self { version, bias, weights: of }
    }
}

/// The signs that may have a weight: all but the one that says what the weights
/// did.
pub fn features() -> impl Iterator<Item = Sign> {
    Sign::ALL.into_iter().filter(|sign| *sign != Sign::Outcomes)
}

/// The log-odds, in thousandths, up to which a score is at least 1, 2, … 50:
/// where the logistic function crosses half a hundredth, one and a half, and so
/// on. The other half of the scores is its mirror image.
const LEAST_ODDS: [i32; 50] = [
    5_293, 4_185, 3_664, 3_317, 3_055, 2_844, 2_666, 2_512, 2_376, 2_254, 2_143, 2_041, 1_946,
    1_857, 1_774, 1_696, 1_621, 1_551, 1_483, 1_418, 1_355, 1_295, 1_237, 1_180, 1_125, 1_072,
    1_020, 969, 920, 871, 824, 777, 731, 686, 641, 597, 554, 511, 468, 426, 385, 343, 302, 261,
    221, 180, 140, 100, 60, 20,
];

#[cfg(test)]
mod tests;
