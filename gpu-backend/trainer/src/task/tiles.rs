//! The kind of the thing in a tile.

use munjigi_scene::Kind;

use super::change::Look;
use super::{Task, cross_entropy};
use crate::dice::Dice;
use crate::harvest::{Record, SIDE, TileRecord};
use crate::net::{Batch, Block, Layer, Reading, Tap};

pub struct Tiles<'a> {
    /// Records of [`TileRecord`].
    pub records: &'a [u8],
}

impl Task for Tiles<'_> {
    const SIZE: [usize; 2] = [SIDE, SIDE];
    const TARGET: usize = Kind::ALL.len();

    fn layers() -> Vec<Layer> {
        backbone(Kind::ALL.len())
    }

    fn sample(&self, dice: &mut Dice, planes: &mut [f32], target: &mut [f32]) {
        let count = self.records.len() / TileRecord::BYTES;
        let at = dice.below(count) * TileRecord::BYTES;
        let record = TileRecord::read(&self.records[at..at + TileRecord::BYTES]);
        let look = Look::of(dice, 0.5);
        look.see(record.rgb, Self::SIZE, dice, planes);
        // Not fully certain: a share goes to all kinds.
        target.fill(0.05 / 30.0);
        target[record.kind] += 0.95;
    }

    fn loss(outputs: &[Batch], targets: &[f32]) -> (f32, Vec<Batch>) {
        let (loss, slope) = cross_entropy(&outputs[0], targets);
        (loss, vec![slope])
    }
}

/// Six convolutions over a picture of 64 × 64: about 330,000 parameters.
pub(super) fn backbone(outputs: usize) -> Vec<Layer> {
    let block = |from: usize, to: usize, stride: usize| Layer::Block(Block { from, to, stride });
    vec![
        block(3, 12, 2),
        block(12, 24, 1),
        Layer::Pool,
        block(24, 64, 1),
        Layer::Pool,
        block(64, 96, 1),
        Layer::Pool,
        block(96, 128, 1),
        block(128, 128, 1),
        Layer::Tap(Tap { from: 128, to: outputs, reading: Reading::Mean, start: 0.0 }),
    ]
}
