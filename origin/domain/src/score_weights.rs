//! What signs are worth at one site, learned from what its owner reported about
//! its visitors: training (`fit`), measures, whether a training is published
//! (`judge`), and a site's nights (`course`). Rules only: labels come from the
//! rows of one site, and what is published goes to that site alone. Nothing
//! here is random, and the order of labels does not matter.
//!
//! A label is the owner's word. Anyone who holds a site's secret can label as
//! they like, and bends the score of that site: never another's, never work or
//! pictures, and never what convicts.

mod cholesky;
mod counted;
mod course;
mod fit;
mod judge;
mod measure;
mod model;

#[cfg(test)]
mod tests;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Outcome, ScoreWeights, Sign, Signs};

pub use course::{Course, Judgement, Night, NothingToUndo, PATIENCE_MILLIS, PAUSE_MILLIS, Shadow};
pub use course::{Training, night, undo};
pub use fit::{NEEDED, Untrained, WIDTH, fit, fit_as_sure};
pub use judge::{Areas, Decision, Figures, HELD_OUT, TooFew, Why, decide};
pub use measure::{Bin, area, calibration, log_loss};
pub use model::Model;

/// What became of one visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// What was noticed about the visit.
    pub signs: Signs,
    /// What the owner says the visitor was.
    pub outcome: Outcome,
    /// When the owner said so.
    pub at: UnixMillis,
}

/// Thousandths of log-odds below which a weight changes no score by more than
/// three hundredths.
const TELLING: i32 = 100;

/// The weights that say something, the largest first, in thousandths of
/// log-odds of fraud: for people, who need not read sixty.
pub fn telling(weights: &ScoreWeights) -> Vec<(Sign, i32)> {
    let weights = weights.weights.iter().map(|(sign, adds)| (*sign, *adds));
    let mut telling: Vec<_> = weights.filter(|(_, adds)| adds.abs() >= TELLING).collect();
    telling.sort_by_key(|(_, adds)| -adds.abs());
    telling
}
