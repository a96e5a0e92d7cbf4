//! The things in a wide picture: for each cell, the kind of the thing that it
//! shows and the sides of its box; for each square, whether it belongs to a
//! thing. The shape is that of a YOLO-style segmenter's finest grid.

use munjigi_scene::Kind;

use super::Task;
use super::change::Look;
use crate::dice::Dice;
use crate::harvest::{AREA, COLUMNS, ROWS, Record, Wide};
use crate::net::{Batch, Block, Layer, Reading, Tap};

/// Pixels of a cell.
pub const STRIDE: usize = 8;
/// Cells from left to right and from top to bottom.
pub const CELLS: [usize; 2] = [AREA[0] / STRIDE, AREA[1] / STRIDE];
/// Number of cells.
const COUNT: usize = CELLS[0] * CELLS[1];
const KINDS: usize = Kind::ALL.len();

/// Wide pictures and the things in them.
pub struct Things<'a> {
    /// Records of [`Wide`].
    pub records: &'a [u8],
}

impl Task for Things<'_> {
    const SIZE: [usize; 2] = [AREA[1], AREA[0]];
    /// For each square, 1 if it belongs to a thing; for each cell, a kind or
    /// -1, and four sides.
    const TARGET: usize = COLUMNS * ROWS + COUNT * 5;

    fn layers() -> Vec<Layer> {
        let block =
            |from: usize, to: usize, stride: usize| Layer::Block(Block { from, to, stride });
        let tap = |from: usize, to: usize, start: f32| {
            Layer::Tap(Tap { from, to, reading: Reading::Each, start })
        };
        vec![
            block(3, 16, 2),
            block(16, 24, 2),
            block(24, 48, 1),
            tap(48, 1, -1.0),
            block(48, 64, 2),
            block(64, 96, 1),
            block(96, 96, 1),
            // Few cells show a given kind.
            tap(96, KINDS, -5.0),
            tap(96, 4, 1.5),
        ]
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture has few pixels")]
    fn sample(&self, dice: &mut Dice, planes: &mut [f32], target: &mut [f32]) {
        let count = self.records.len() / Wide::BYTES;
        let at = dice.below(count) * Wide::BYTES;
        let wide = Wide::read(&self.records[at..at + Wide::BYTES]);
        let look = Look::still(dice);
        look.see(wide.rgb, Self::SIZE, dice, planes);
        let mirrored = dice.chance(0.5);
        if mirrored {
            for row in planes.chunks_exact_mut(AREA[0]) {
                row.reverse();
            }
        }
        let owner = |x: usize, y: usize| {
            let x = if mirrored { COLUMNS - 1 - x } else { x };
            usize::from(wide.owners[y * COLUMNS + x])
        };
        let (squares, cells) = target.split_at_mut(COLUMNS * ROWS);
        for (at, square) in squares.iter_mut().enumerate() {
            *square = if owner(at % COLUMNS, at / COLUMNS) > 0 { 1.0 } else { 0.0 };
        }
        for (at, cell) in cells.chunks_exact_mut(5).enumerate() {
            let (x, y) = (at % CELLS[0], at / CELLS[0]);
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(a, b)| owner(x * 2 + a, y * 2 + b));
            let most = four.into_iter().filter(|&thing| {
                thing > 0 && four.iter().filter(|&&other| other == thing).count() >= 2
            });
            let Some(thing) = most.max() else {
                cell[0] = -1.0;
                continue;
            };
            let (kind, [mut left, top, mut right, bottom]) = wide.things[thing - 1];
            if mirrored {
                let last = u8::try_from(AREA[0] - 1).expect("a picture is 192 wide");
                (left, right) = (last - right, last - left);
            }
            let (middle, line) = ((x * STRIDE + 4) as f32, (y * STRIDE + 4) as f32);
            cell[0] = kind as f32;
            cell[1] = (middle - f32::from(left)) / STRIDE as f32;
            cell[2] = (line - f32::from(top)) / STRIDE as f32;
            cell[3] = (f32::from(right) + 1.0 - middle) / STRIDE as f32;
            cell[4] = (f32::from(bottom) + 1.0 - line) / STRIDE as f32;
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "kinds are small whole numbers, batches are small"
    )]
    fn loss(outputs: &[Batch], targets: &[f32]) -> (f32, Vec<Batch>) {
        let [inside, kinds, sides] = outputs else { unreachable!("three taps") };
        let mut slopes = [inside.blank(), kinds.blank(), sides.blank()];
        let count = inside.count;
        let shown = |target: &[f32]| {
            target[COLUMNS * ROWS..].chunks_exact(5).filter(|cell| cell[0] >= 0.0).count()
        };
        let all: usize = targets.chunks_exact(Self::TARGET).map(shown).sum();
        let share = 1.0 / all.max(1) as f32;
        let place = 1.0 / (count * COLUMNS * ROWS) as f32;
        let mut loss = 0.0;
        for (sample, target) in targets.chunks_exact(Self::TARGET).enumerate() {
            let (squares, cells) = target.split_at(COLUMNS * ROWS);
            let logits = inside.of(0, sample).iter().zip(squares);
            for ((&logit, &wanted), slope) in logits.zip(slopes[0].of_mut(0, sample)) {
                let (own, change) = doubt(logit, wanted);
                loss += own * place;
                *slope = change * place;
            }
            for (at, cell) in cells.chunks_exact(5).enumerate() {
                for kind in 0..KINDS {
                    let wanted = if cell[0] == kind as f32 { 1.0 } else { 0.0 };
                    let (own, change) = doubt(kinds.of(kind, sample)[at], wanted);
                    loss += own * share;
                    slopes[1].of_mut(kind, sample)[at] = change * share;
                }
                if cell[0] < 0.0 {
                    continue;
                }
                for side in 0..4 {
                    let off = sides.of(side, sample)[at] - cell[1 + side];
                    let (own, change) = if off.abs() < 1.0 {
                        (0.5 * off * off, off)
                    } else {
                        (off.abs() - 0.5, off.signum())
                    };
                    loss += 0.25 * own * share;
                    slopes[2].of_mut(side, sample)[at] = 0.25 * change * share;
                }
            }
        }
        (loss, slopes.into())
    }
}

/// The cross-entropy of one yes-or-no answer, and its gradient.
fn doubt(logit: f32, wanted: f32) -> (f32, f32) {
    let loss = logit.max(0.0) - logit * wanted + (-logit.abs()).exp().ln_1p();
    (loss, 1.0 / (1.0 + (-logit).exp()) - wanted)
}
