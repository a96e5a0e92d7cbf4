//! Whether weights are published: by labels that came after their training, so
//! that nothing is judged by what it was trained on.

use serde::{Deserialize, Serialize};

use super::Label;
use super::counted::{Counted, Tally};
use super::measure::{area, error_of_area, losses};
use super::model::Model;

/// Labels of each kind that a judgement needs. With fewer, the error of the
/// difference is larger than most differences.
pub const HELD_OUT: u32 = 50;

/// The least gain, in nats a label: what a score of 50 loses that is wrong by
/// seven hundredths. Owners' thresholds should not move for less.
const LEAST_GAIN: f64 = 0.01;

/// A gain has to be this many of its standard errors: weights that are no better
/// are then published on one night in forty.
const ERRORS: f64 = 2.0;

/// The least area under the curve on the labels of the training: labels that
/// say one thing in one half and the opposite in the other come to less.
const LEAST_AREA: f64 = 0.55;

/// How far the area under the curve may change between training and what came
/// since, beyond chance.
const CHANGE: f64 = 0.1;

/// What becomes of trained weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Decision {
    /// They take the place of those in force.
    #[serde(rename = "publish")]
    Publish(Figures),
    /// What is in force stays.
    #[serde(rename = "keep")]
    Keep(Why, Figures),
    /// There are too few outcomes to tell yet.
    #[serde(rename = "unknown")]
    Unknown(TooFew),
}

/// Labels that are too few to judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooFew {
    /// Labels that say "legitimate".
    pub legitimate: u32,
    /// Labels that say "fraudulent".
    pub fraudulent: u32,
}

/// Why weights are not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Why {
    /// What is in force is as good, or better.
    #[serde(rename = "no-better")]
    NoBetter,
    /// They tell frauds from others no better than a coin does.
    #[serde(rename = "random")]
    Random,
    /// The new labels say the opposite of what is in force: something happened
    /// to them, or to the site.
    #[serde(rename = "reversed")]
    Reversed,
    /// The new labels follow the signs far less, or far more, than those
    /// before.
    #[serde(rename = "unlike")]
    Unlike,
}

impl Why {
    /// The spelling in rows, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoBetter => "no-better",
            Self::Random => "random",
            Self::Reversed => "reversed",
            Self::Unlike => "unlike",
        }
    }
}

/// What a judgement goes by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How much log loss falls, in nats a label, both classes counted alike.
    pub gain: f64,
    /// The standard error of that.
    pub error: f64,
    /// The area under the curve of what is in force, on the new labels.
    pub area_in_force: f64,
    /// The same of the trained weights.
    pub area: f64,
}

/// Areas under the curve on the labels of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Areas {
    /// Of what was in force then.
    pub in_force: f64,
    /// Of the weights that were trained.
    pub trained: f64,
}

impl Areas {
    /// Measures them; `None` where a kind of label is missing.
    pub fn of(in_force: &Model, trained: &Model, labels: &[Label]) -> Option<Self> {
        Some(Self { in_force: area(in_force, labels)?, trained: area(trained, labels)? })
    }
}

/// Judges weights by labels that came after their training; `then` is how they
/// and what is in force did on the labels of the training.
pub fn decide(in_force: &Model, candidate: &Model, then: Areas, held_out: &[Label]) -> Decision {
    let counted = Counted::of(held_out);
    let Tally { legitimate, fraudulent } = counted.all;
    let areas = (area(in_force, held_out), area(candidate, held_out));
    let (true, (Some(area_in_force), Some(area))) = (counted.all.has(HELD_OUT), areas) else {
        return Decision::Unknown(TooFew { legitimate, fraudulent });
    };
    let (gain, error) = gain(in_force, candidate, &counted);
    let figures = Figures { gain, error, area_in_force, area };
    let chance = ERRORS * error_of_area(counted.all);
    let keep = |why| Decision::Keep(why, figures);
    // The fixed weights may be wrong about a site from the beginning.
    let turned = *in_force != Model::Fixed || area_in_force < then.in_force - CHANGE;
    if area_in_force < 0.5 - chance && turned {
        keep(Why::Reversed)
    } else if area <= 0.5 + chance || then.trained < LEAST_AREA {
        keep(Why::Random)
    } else if (area - then.trained).abs() > CHANGE + chance {
        keep(Why::Unlike)
    } else if gain < LEAST_GAIN || gain < ERRORS * error {
        keep(Why::NoBetter)
    } else {
        Decision::Publish(figures)
    }
}

/// How much less surprising the labels are to the candidate, and the standard
/// error of that, by pairs.
fn gain(in_force: &Model, candidate: &Model, counted: &Counted) -> (f64, f64) {
    let counts = [counted.all.legitimate, counted.all.fraudulent].map(f64::from);
    let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
    for (signs, tally) in counted.rows() {
        let before = losses(in_force, signs);
        let after = losses(candidate, signs);
        for (class, count) in [tally.legitimate, tally.fraudulent].into_iter().enumerate() {
            let less = before[class] - after[class];
            sums[class] += less * f64::from(count);
            squares[class] += less * less * f64::from(count);
        }
    }
    let mean = |class: usize| sums[class] / counts[class];
    let variance = |class: usize| {
        (squares[class] / counts[class] - mean(class).powi(2)).max(0.0) / (counts[class] - 1.0)
    };
    (mean(0).midpoint(mean(1)), (variance(0) + variance(1)).sqrt() / 2.0)
}
