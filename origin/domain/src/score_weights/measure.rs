//! How good a model is on labels. Both classes count alike, as in the training.

use super::Label;
use super::counted::{Counted, Tally};
use super::model::Model;

/// The mean surprise at a label in nats, 0 and up: ln 2 is that of a coin.
/// `None` where a kind of label is missing.
pub fn log_loss(model: &Model, labels: &[Label]) -> Option<f64> {
    let counted = Counted::of(labels);
    let [legitimate, fraudulent] = means(&counted, |signs| losses(model, signs))?;
    Some(legitimate.midpoint(fraudulent))
}

/// The losses of a visit where it is legitimate and where it is fraudulent.
pub(super) fn losses(model: &Model, signs: munjigi_protocol::Signs) -> [f64; 2] {
    let chance = model.chance(signs).clamp(1e-9, 1.0 - 1e-9);
    [-(1.0 - chance).ln(), -chance.ln()]
}

/// The means of two numbers of each visit, one over either class.
fn means(counted: &Counted, of: impl Fn(munjigi_protocol::Signs) -> [f64; 2]) -> Option<[f64; 2]> {
    if !counted.all.has(1) {
        return None;
    }
    let mut sums = [0.0; 2];
    for (signs, tally) in counted.rows() {
        let [legitimate, fraudulent] = of(signs);
        sums[0] += legitimate * f64::from(tally.legitimate);
        sums[1] += fraudulent * f64::from(tally.fraudulent);
    }
    Some([sums[0] / f64::from(counted.all.legitimate), sums[1] / f64::from(counted.all.fraudulent)])
}

/// The area under the receiver operating characteristic: how often a fraud looks
/// worse than a legitimate visit, where looking the same counts half. 0.5 is a
/// coin. `None` where a kind of label is missing.
pub fn area(model: &Model, labels: &[Label]) -> Option<f64> {
    let counted = Counted::of(labels);
    if !counted.all.has(1) {
        return None;
    }
    let mut rows: Vec<(f64, Tally)> =
        counted.rows().map(|(signs, tally)| (model.evidence(signs), tally)).collect();
    rows.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let (mut below, mut won) = (0.0, 0.0);
    for alike in rows.chunk_by(|(one, _), (other, _)| one.total_cmp(other).is_eq()) {
        let legitimate: f64 = alike.iter().map(|(_, tally)| f64::from(tally.legitimate)).sum();
        let fraudulent: f64 = alike.iter().map(|(_, tally)| f64::from(tally.fraudulent)).sum();
        won += fraudulent * (below + legitimate / 2.0);
        below += legitimate;
    }
    Some(won / f64::from(counted.all.legitimate) / f64::from(counted.all.fraudulent))
}

/// The standard error of the area of a model that knows nothing: how far from
/// 0.5 chance alone takes it (Mann and Whitney 1947).
pub(super) fn error_of_area(Tally { legitimate, fraudulent }: Tally) -> f64 {
    let [legitimate, fraudulent] = [legitimate, fraudulent].map(f64::from);
    ((legitimate + fraudulent + 1.0) / (12.0 * legitimate * fraudulent)).sqrt()
}

/// A tenth of the chances, from 0–10 % on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// Labels whose visits are in it.
    pub labels: u32,
    /// The mean chance of fraud that the model gives them, 0 to 1, where half of
    /// all visits are fraudulent.
    pub chance: f64,
    /// The share of them that is labelled fraudulent, 0 to 1, where both classes
    /// count alike.
    pub share: f64,
}

/// What a model says of visits beside what their labels say, in ten bins; empty
/// bins are all zero.
pub fn calibration(model: &Model, labels: &[Label]) -> [Bin; 10] {
    let counted = Counted::of(labels);
    let weight = |count: u32, all: u32| f64::from(count) / f64::from(all.max(1));
    let mut bins = [(Bin::default(), 0.0); 10];
    for (signs, tally) in counted.rows() {
        let chance = model.chance(signs);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10; casts saturate"
        )]
        let place = (chance * 10.0) as usize;
        let (bin, sum) = &mut bins[place.min(9)];
        let legitimate = weight(tally.legitimate, counted.all.legitimate);
        let fraudulent = weight(tally.fraudulent, counted.all.fraudulent);
        bin.labels += tally.legitimate + tally.fraudulent;
        bin.chance += chance * (legitimate + fraudulent);
        bin.share += fraudulent;
        *sum += legitimate + fraudulent;
    }
    bins.map(|(bin, sum)| match bin.labels {
        0 => bin,
        _ => Bin { chance: bin.chance / sum, share: bin.share / sum, ..bin },
    })
}
