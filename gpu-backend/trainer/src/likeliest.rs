//! Reads a network's scores: the likeliest kind of a tile, the likeliest place
//! of a thing in a wide picture. Both measuring and attacking need this.

use munjigi_scene::Kind;

use crate::task::CELLS;

/// Index of the largest number.
pub fn largest(scores: &[f32]) -> usize {
    let places = scores.iter().enumerate();
    places.max_by(|left, right| left.1.total_cmp(right.1)).map_or(Kind::ALL.len(), |(at, _)| at)
}

/// A point, in shares of width and height, from shares for each kind and cell:
/// where a cell and its neighbours show the target most.
#[expect(clippy::cast_precision_loss, reason = "a picture has few cells")]
pub fn likeliest_cell(shares: &[f32], target: usize) -> [f32; 2] {
    let [columns, rows] = CELLS;
    let cells = shares.len() / Kind::ALL.len();
    let own = &shares[target * cells..target * cells + columns * rows];
    let around = |at: usize| {
        let (x, y) = (at % columns, at / columns);
        let mut sum = own[at];
        for y in y.saturating_sub(1)..=(y + 1).min(rows - 1) {
            for x in x.saturating_sub(1)..=(x + 1).min(columns - 1) {
                sum += own[y * columns + x];
            }
        }
        sum
    };
    let best = (0..columns * rows).max_by(|&a, &b| around(a).total_cmp(&around(b))).unwrap_or(0);
    [
        ((best % columns) as f32 + 0.5) / columns as f32,
        ((best / columns) as f32 + 0.5) / rows as f32,
    ]
}
