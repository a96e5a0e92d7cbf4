//! The direction in which the thing in a view faces.

use super::change::Look;
use super::{Task, cross_entropy, tiles};
use crate::dice::Dice;
use crate::harvest::{Record, SIDE, View};
use crate::net::{Batch, Layer};

/// Number of directions that are distinguished: twice as many as a turn has
/// views.
pub const BINS: usize = 32;

/// Views with the direction they face.
pub struct Views<'a> {
    /// Records of [`View`].
    pub records: &'a [u8],
}

impl Task for Views<'_> {
    const SIZE: [usize; 2] = [SIDE, SIDE];
    const TARGET: usize = BINS;

    fn layers() -> Vec<Layer> {
        tiles::backbone(BINS)
    }

    fn sample(&self, dice: &mut Dice, planes: &mut [f32], target: &mut [f32]) {
        let count = self.records.len() / View::BYTES;
        let at = dice.below(count) * View::BYTES;
        let view = View::read(&self.records[at..at + View::BYTES]);
        // Not mirrored: a thing's mirror image may face anywhere.
        let look = Look::of(dice, 0.0);
        look.see(view.rgb, Self::SIZE, dice, planes);
        target.fill(0.0);
        for (bin, share) in shares(view.facing) {
            target[bin] += share;
        }
    }

    fn loss(outputs: &[Batch], targets: &[f32]) -> (f32, Vec<Batch>) {
        let (loss, slope) = cross_entropy(&outputs[0], targets);
        (loss, vec![slope])
    }
}

/// The two bins beside a direction and its share of each.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few bins"
)]
pub fn shares(facing: f32) -> [(usize, f32); 2] {
    let place = facing.rem_euclid(1.0) * BINS as f32;
    let (first, rest) = (place as usize, place.fract());
    [(first % BINS, 1.0 - rest), ((first + 1) % BINS, rest)]
}
