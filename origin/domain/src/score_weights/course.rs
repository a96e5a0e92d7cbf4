//! A site's nights. Weights that were trained in one night are in the shadow
//! for a day: the next night, they are judged by the labels that came since, and
//! are published or dropped. Then new ones are trained.
//!
//! **shadow**: weights that were trained and wait for labels to judge them by.

use munjigi_captcha::weights::Weights;
use munjigi_keys::UnixMillis;
use munjigi_protocol::ScoreWeights;
use serde::{Deserialize, Serialize};

use super::Label;
use super::fit::{Untrained, fit};
use super::judge::{Areas, Decision, decide};
use super::model::Model;

const DAY: u64 = 86_400_000;

/// How long weights wait in the shadow for enough labels. After that, a site is
/// slow: weights are trained on the first four fifths of its labels and judged
/// by the last.
pub const PATIENCE_MILLIS: u64 = 7 * DAY;

/// How long nothing is trained or published after an undo: what the owner did
/// not want would be back tomorrow.
pub const PAUSE_MILLIS: u64 = 14 * DAY;

/// Where a site stands. A site that never had enough labels is at the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    pub in_force: Model,
    /// What was published before, to which an undo goes back.
    #[serde(default)]
    pub before: Option<Model>,
    /// What was trained and waits to be judged.
    #[serde(default)]
    pub shadow: Option<Shadow>,
    /// When an undo's pause ends, in milliseconds since 1970.
    #[serde(default)]
    pub paused_until: Option<u64>,
    /// How often the site was trained: the last version that was given out.
    #[serde(default)]
    pub trainings: u32,
}

/// Weights that wait to be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    pub weights: Weights,
    /// When they were trained, in milliseconds since 1970. Labels after that are
    /// new to them.
    pub trained_at: u64,
    /// How they and what was in force did on what they were trained on.
    pub areas: Areas,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Night {
    /// Where the site stands now.
    pub course: Course,
    /// What became of the weights in the shadow.
    pub judgement: Judgement,
    /// What became of the training.
    pub training: Training,
}

/// What became of the weights in the shadow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Judgement {
    /// There were none.
    None,
    /// They were published or dropped, or wait for more labels
    /// ([`Decision::Unknown`]).
    Of(Decision),
    /// They waited too long, and others were judged in their place, by the last
    /// fifth of the labels.
    OfTheLastFifth(Decision),
}

/// What became of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Training {
    /// These weights are in the shadow now.
    Trained(u32),
    /// Those in the shadow wait for labels.
    Waits,
    /// After an undo.
    Paused,
    Not(Untrained),
}

/// One night of a site, with all labels of that site that are kept, in any
/// order. Labels of the time after `now` are left out.
pub fn night(course: &Course, labels: &[Label], now: UnixMillis) -> Night {
    let mut course = course.clone();
    if course.paused_until.is_some_and(|until| now.0 < until) {
        return Night { course, judgement: Judgement::None, training: Training::Paused };
    }
    course.paused_until = None;
    let mut labels: Vec<Label> = labels.iter().filter(|label| label.at <= now).copied().collect();
    labels.sort_by_key(|label| label.at);
    let judgement = match course.shadow.take() {
        Some(shadow) => course.judge(shadow, &labels, now),
        None => Judgement::None,
    };
    let training =
        if course.shadow.is_some() { Training::Waits } else { course.train(&labels, now) };
    Night { course, judgement, training }
}

impl Course {
    /// What the site's configuration says: `score_weights`, none where the fixed
    /// weights are in force. It is to be published when it changes.
    pub fn published(&self) -> Option<ScoreWeights> {
        match &self.in_force {
            Model::Fixed => None,
            Model::Own(weights) => Some(weights.clone().into()),
        }
    }

    fn judge(&mut self, shadow: Shadow, labels: &[Label], now: UnixMillis) -> Judgement {
        let (_, new) = split(labels, |label| label.at.0 <= shadow.trained_at);
        let candidate = Model::Own(shadow.weights.clone());
        let decision = decide(&self.in_force, &candidate, shadow.areas, new);
        match decision {
            Decision::Publish(_) => self.publish(candidate),
            Decision::Keep(..) => {}
            Decision::Unknown(_) if now.0.saturating_sub(shadow.trained_at) < PATIENCE_MILLIS => {
                self.shadow = Some(shadow);
            }
            Decision::Unknown(_) => {
                return self
                    .judge_by_the_last_fifth(labels)
                    .map_or(Judgement::Of(decision), Judgement::OfTheLastFifth);
            }
        }
        Judgement::Of(decision)
    }

    fn judge_by_the_last_fifth(&mut self, labels: &[Label]) -> Option<Decision> {
        let (old, new) = labels.split_at(labels.len() - labels.len() / 5);
        let candidate = Model::Own(fit(old, self.trainings.saturating_add(1)).ok()?);
        let areas = Areas::of(&self.in_force, &candidate, old)?;
        let decision = decide(&self.in_force, &candidate, areas, new);
        self.trainings = self.trainings.saturating_add(1);
        if matches!(decision, Decision::Publish(_)) {
            self.publish(candidate);
        }
        Some(decision)
    }

    fn publish(&mut self, model: Model) {
        self.before = Some(std::mem::replace(&mut self.in_force, model));
    }

    fn train(&mut self, labels: &[Label], now: UnixMillis) -> Training {
        let version = self.trainings.saturating_add(1);
        let weights = match fit(labels, version) {
            Ok(weights) => weights,
            Err(error) => return Training::Not(error),
        };
        let Some(areas) = Areas::of(&self.in_force, &Model::Own(weights.clone()), labels) else {
            return Training::Not(Untrained::NoResult);
        };
        self.trainings = version;
        self.shadow = Some(Shadow { weights, trained_at: now.0, areas });
        Training::Trained(version)
    }
}

/// Splits what is sorted where something stops holding.
fn split(labels: &[Label], holds: impl Fn(&Label) -> bool) -> (&[Label], &[Label]) {
    labels.split_at(labels.partition_point(holds))
}

/// There is nothing to go back to: by mistake, or because another member has
/// just undone it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing was published before")]
pub struct NothingToUndo;

/// Goes back to what was published before, drops what is in the shadow, and
/// pauses. A second undo goes back to the fixed weights at most.
///
/// # Errors
///
/// Where the fixed weights are in force and nothing was published before them.
pub fn undo(course: &Course, now: UnixMillis) -> Result<Course, NothingToUndo> {
    let before = match (&course.before, &course.in_force) {
        (Some(before), _) => before.clone(),
        (None, Model::Own(_)) => Model::Fixed,
        (None, Model::Fixed) => return Err(NothingToUndo),
    };
    Ok(Course {
        in_force: before,
        before: None,
        shadow: None,
        paused_until: Some(now.0.saturating_add(PAUSE_MILLIS)),
        trainings: course.trainings,
    })
}
