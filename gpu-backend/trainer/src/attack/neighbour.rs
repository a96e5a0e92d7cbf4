//! Looks for the most similar picture among labelled ones, by edges and
//! colours; nothing is trained.

use anyhow::Result;
use munjigi_scene::Kind as Named;
use ndarray::ArrayView2;

use super::{Kind, Tried, answer};
use crate::harvest::{AREA, Record, SIDE, Store, TileRecord, Use, View, Wide};
use crate::likeliest::largest;
use crate::make::THREADS;
use crate::task::{BINS, CELLS, STRIDE, shares};

/// Directions of an edge.
const EDGES: usize = 8;
/// Cells per side in the description of a whole picture.
const WHOLE: usize = 8;
/// Cells per side in the description of a part of a wide picture.
const PART: usize = 4;
/// Width and height in pixels to which such a part is scaled.
const PATCH: usize = 24;
/// Widths of such parts, in pixels of the wide picture.
const WINDOWS: [usize; 2] = [26, 38];

struct Index {
    length: usize,
    rows: Vec<f32>,
    labels: Vec<f32>,
}

impl Index {
    /// The similarity of each query to each labelled description.
    fn likeness(&self, queries: &[f32]) -> Vec<f32> {
        let view = |rows| {
            let count = <[f32]>::len(rows) / self.length;
            ArrayView2::from_shape((count, self.length), rows).expect("whole rows")
        };
        view(queries).dot(&view(&self.rows).t()).iter().copied().collect()
    }

    /// The labels of the `count` most similar ones.
    fn nearest(&self, likeness: &[f32], count: usize) -> Vec<(f32, f32)> {
        let mut all: Vec<(f32, f32)> =
            likeness.iter().copied().zip(self.labels.iter().copied()).collect();
        let count = count.min(all.len() - 1);
        all.select_nth_unstable_by(count, |left, right| right.0.total_cmp(&left.0));
        all.truncate(count);
        all
    }
}

/// Whether each round was answered correctly, with this many labels.
pub fn rounds(store: &Store, challenges: &Tried, labels: usize) -> Result<Vec<bool>> {
    match challenges.kind {
        Kind::Grid => grids(store, challenges, labels),
        Kind::Area => areas(store, challenges, labels),
        Kind::Turn => turns(store, challenges, labels),
    }
}

fn grids(store: &Store, challenges: &Tried, labels: usize) -> Result<Vec<bool>> {
    let bytes = store.records::<TileRecord>(Use::Learn, labels, THREADS)?;
    let mut index = Index { length: 0, rows: Vec::new(), labels: Vec::new() };
    for tile in bytes.chunks_exact(TileRecord::BYTES).map(TileRecord::read) {
        index.rows.extend(described(tile.rgb, SIDE, WHOLE));
        index.labels.push(number(tile.kind));
    }
    index.length = index.rows.len() / index.labels.len();
    let answers = challenges.grids().map(|grid| {
        let queries: Vec<f32> =
            grid.tiles.iter().flat_map(|rgb| described(rgb, SIDE, WHOLE)).collect();
        let likeness = index.likeness(&queries);
        let scores: Vec<Vec<f32>> = likeness
            .chunks_exact(index.labels.len())
            .map(|likeness| {
                let mut votes = vec![0.02; Named::ALL.len()];
                for (likeness, label) in index.nearest(likeness, 12) {
                    votes[whole(label)] += (likeness * 6.0).exp() / 50.0;
                }
                votes.into_iter().map(f32::ln).collect()
            })
            .collect();
        answer::tiles(&scores, grid.target) == grid.right
    });
    Ok(answers.collect())
}

fn turns(store: &Store, challenges: &Tried, labels: usize) -> Result<Vec<bool>> {
    let bytes = store.records::<View>(Use::Learn, labels, THREADS)?;
    let mut index = Index { length: 0, rows: Vec::new(), labels: Vec::new() };
    for view in bytes.chunks_exact(View::BYTES).map(View::read) {
        index.rows.extend(described(view.rgb, SIDE, WHOLE));
        index.labels.push(view.facing);
    }
    index.length = index.rows.len() / index.labels.len();
    let answers = challenges.turns().map(|turn| {
        let pictures = turn.views.iter().chain([&turn.reference]);
        let queries: Vec<f32> = pictures.flat_map(|rgb| described(rgb, SIDE, WHOLE)).collect();
        let likeness = index.likeness(&queries);
        let mut facings: Vec<Vec<f32>> = likeness
            .chunks_exact(index.labels.len())
            .map(|likeness| {
                let mut votes = vec![0.01; BINS];
                for (likeness, label) in index.nearest(likeness, 12) {
                    for (bin, share) in shares(label) {
                        votes[bin] += share * (likeness * 6.0).exp();
                    }
                }
                let sum: f32 = votes.iter().sum();
                votes.into_iter().map(|vote| vote / sum).collect()
            })
            .collect();
        let reference = facings.pop().unwrap_or_default();
        answer::view(&facings, &reference) == turn.right
    });
    Ok(answers.collect())
}

/// Answers turns by similarity to the reference alone.
pub fn compared(challenges: &Tried) -> Vec<bool> {
    let answers = challenges.turns().map(|turn| {
        let reference = described(turn.reference, SIDE, WHOLE);
        let likeness: Vec<f32> = turn
            .views
            .iter()
            .map(|rgb| {
                let own = described(rgb, SIDE, WHOLE);
                own.iter().zip(&reference).map(|(a, b)| a * b).sum()
            })
            .collect();
        largest(&likeness) == turn.right
    });
    answers.collect()
}

/// A label is one thing with its box.
fn areas(store: &Store, challenges: &Tried, labels: usize) -> Result<Vec<bool>> {
    let bytes = store.records::<Wide>(Use::Learn, labels.div_ceil(6), THREADS)?;
    let mut index = Index { length: 0, rows: Vec::new(), labels: Vec::new() };
    for wide in bytes.chunks_exact(Wide::BYTES).map(Wide::read) {
        for (kind, [left, top, right, bottom]) in wide.things {
            let [left, top, right, bottom] = [left, top, right, bottom].map(usize::from);
            let side = (right - left).max(bottom - top) + 1;
            let middle = [usize::midpoint(left, right), usize::midpoint(top, bottom)];
            index.rows.extend(described(&patch(wide.rgb, middle, side), PATCH, PART));
            index.labels.push(number(kind));
        }
    }
    index.rows.truncate(index.rows.len() / index.labels.len() * labels);
    index.length = index.rows.len() / index.labels.len().min(labels);
    index.labels.truncate(labels);
    let answers = challenges.areas().map(|area| {
        let mut best = (f32::MIN, [0.5; 2]);
        for side in WINDOWS {
            let places: Vec<[usize; 2]> = (0..CELLS[0] * CELLS[1])
                .map(|cell| [cell % CELLS[0], cell / CELLS[0]].map(|at| at * STRIDE + STRIDE / 2))
                .collect();
            let queries: Vec<f32> = places
                .iter()
                .flat_map(|&place| described(&patch(area.rgb, place, side), PATCH, PART))
                .collect();
            let likeness = index.likeness(&queries);
            for (place, likeness) in places.iter().zip(likeness.chunks_exact(index.labels.len())) {
                let mut most = [f32::MIN; 2];
                for (&likeness, &label) in likeness.iter().zip(&index.labels) {
                    let own = usize::from(whole(label) == area.target);
                    most[own] = most[own].max(likeness);
                }
                if most[1] - most[0] > best.0 {
                    let share = |at: usize, of: usize| number(at) / number(of);
                    best =
                        (most[1] - most[0], [share(place[0], AREA[0]), share(place[1], AREA[1])]);
                }
            }
        }
        area.holds(best.1)
    });
    Ok(answers.collect())
}

#[expect(clippy::cast_precision_loss, reason = "kinds and pixels are few")]
fn number(small: usize) -> f32 {
    small as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "was a small whole number"
)]
fn whole(label: f32) -> usize {
    label as usize
}

/// A square part of a wide picture, scaled to one size.
fn patch(rgb: &[u8], [x, y]: [usize; 2], side: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PATCH * PATCH * 3);
    for row in 0..PATCH {
        for column in 0..PATCH {
            let place = |middle: usize, at: usize, size: usize| {
                (middle + at * side / PATCH).saturating_sub(side / 2).min(size - 1)
            };
            let at = (place(y, row, AREA[1]) * AREA[0] + place(x, column, AREA[0])) * 3;
            bytes.extend(&rgb[at..at + 3]);
        }
    }
    bytes
}

/// Edges by direction, and colours, in this many cells per side.
fn described(rgb: &[u8], side: usize, cells: usize) -> Vec<f32> {
    let cell = side / cells;
    let grey: Vec<f32> = rgb
        .chunks_exact(3)
        .map(|pixel| {
            (f32::from(pixel[0]) + 2.0 * f32::from(pixel[1]) + f32::from(pixel[2])) / 1020.0
        })
        .collect();
    let mut edges = vec![0.0_f32; cells * cells * EDGES];
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let at = y * side + x;
            let (across, down) = (grey[at + 1] - grey[at - 1], grey[at + side] - grey[at - side]);
            let strength = across.hypot(down).sqrt();
            let angle = down.atan2(across) / std::f32::consts::PI + 1.0;
            let edge = whole(angle * number(EDGES) - 0.001) % EDGES;
            edges[(y / cell * cells + x / cell) * EDGES + edge] += strength;
        }
    }
    let mut colours = vec![0.0_f32; cells * cells * 3];
    for (at, pixel) in rgb.chunks_exact(3).enumerate() {
        let own = (at / side / cell * cells + at % side / cell) * 3;
        for channel in 0..3 {
            colours[own + channel] += f32::from(pixel[channel]);
        }
    }
    for channel in 0..3 {
        let mean = colours.iter().skip(channel).step_by(3).sum::<f32>() / number(cells * cells);
        for colour in colours.iter_mut().skip(channel).step_by(3) {
            *colour -= mean;
        }
    }
    unit(&mut edges, 1.0);
    unit(&mut colours, 0.5);
    edges.extend(colours);
    edges
}

fn unit(numbers: &mut [f32], length: f32) {
    let own = numbers.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
    for number in numbers {
        *number *= length / own;
    }
}
