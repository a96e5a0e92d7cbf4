//! Reads the heads of a YOLO-style segmenter: boxes, the best of those that
//! overlap, masks from prototypes.
//!
//! Each cell of three grids (strides 8, 16 and 32 pixels, rows first) has a
//! box, one score for each label, and one coefficient for each mask prototype.

use super::Misfit;
use crate::registry::outputs::{PROTOTYPE_STRIDE, STRIDES, cells};

/// The dimensions that the network was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Of the picture, in pixels; a multiple of 32.
    pub height: usize,
    /// Of the picture, in pixels; a multiple of 32.
    pub width: usize,
    /// Number of labels.
    pub labels: usize,
    /// Number of mask prototypes.
    pub prototypes: usize,
}

/// One sample's outputs, in the network's order.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    pub boxes: Boxes<'a>,
    /// Labels × cells, 0 to 1.
    pub scores: &'a [f32],
    /// Prototypes × cells.
    pub coefficients: &'a [f32],
    /// Prototypes × a quarter of the height × a quarter of the width.
    pub prototypes: &'a [f32],
}

/// Four numbers × cells.
#[derive(Clone, Copy, Debug)]
pub enum Boxes<'a> {
    /// Left, top, right, bottom from the cell's middle, in strides.
    Sides(&'a [f32]),
    /// Middle across, middle down, width and height, in pixels.
    Middles(&'a [f32]),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Lowest score.
    pub score: f32,
    /// Largest overlap (intersection over union) of two things with one label.
    pub overlap: f32,
    /// Most things in a picture.
    pub count: usize,
}

/// A box in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// The pixels of a thing, at a quarter of the picture's size, row by row; none
/// outside its box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Width in quarter-size pixels.
    pub width: usize,
    pub pixels: Vec<bool>,
}

/// A thing in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its index in the manifest's list.
    pub label: usize,
    /// 0 to 1.
    pub score: f32,
    pub bounds: Bounds,
    pub mask: Mask,
}

/// Things found in one sample, most certain first.
pub fn segment(layout: Layout, heads: Heads, threshold: Threshold) -> Result<Vec<Found>, Misfit> {
    let cells = layout.cells();
    let pixels = (layout.height / PROTOTYPE_STRIDE) * (layout.width / PROTOTYPE_STRIDE);
    let (Boxes::Sides(boxes) | Boxes::Middles(boxes)) = heads.boxes;
    Misfit::check("the boxes", boxes.len(), 4 * cells)?;
    Misfit::check("the scores", heads.scores.len(), layout.labels * cells)?;
    Misfit::check("the coefficients", heads.coefficients.len(), layout.prototypes * cells)?;
    Misfit::check("the prototypes", heads.prototypes.len(), layout.prototypes * pixels)?;
    let mut sure: Vec<(usize, usize, f32)> = heads
        .scores
        .iter()
        .enumerate()
        .filter(|(_, score)| **score >= threshold.score)
        .map(|(at, &score)| (at % cells, at / cells, score))
        .collect();
    sure.sort_by(|left, right| right.2.total_cmp(&left.2));
    let mut found: Vec<Found> = Vec::new();
    for (cell, label, score) in sure {
        if found.len() == threshold.count {
            break;
        }
        let bounds = layout.bounds(heads.boxes, cell, cells);
        let covered = |other: &Found| {
            other.label == label && other.bounds.overlap(bounds) > threshold.overlap
        };
        if !found.iter().any(covered) {
            let mask = layout.mask(heads, cell, cells, bounds);
            found.push(Found { label, score, bounds, mask });
        }
    }
    Ok(found)
}

impl Layout {
    /// Number of cells of all grids.
    fn cells(self) -> usize {
        cells(self.height, self.width)
    }

    /// The stride, row and column of a cell.
    fn place(self, mut cell: usize) -> (usize, usize, usize) {
        let [finest, middle, coarsest] = STRIDES;
        for stride in [finest, middle] {
            let columns = self.width / stride;
            let count = self.height / stride * columns;
            if cell < count {
                return (stride, cell / columns, cell % columns);
            }
            cell -= count;
        }
        let columns = self.width / coarsest;
        (coarsest, cell / columns, cell % columns)
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture has at most 4096 pixels a side")]
    fn bounds(self, boxes: Boxes, cell: usize, cells: usize) -> Bounds {
        let of = |boxes: &[f32]| [0, 1, 2, 3].map(|at| boxes[at * cells + cell]);
        let [left, top, right, bottom] = match boxes {
            Boxes::Sides(boxes) => {
                let (stride, row, column) = self.place(cell);
                let stride = stride as f32;
                let (x, y) = ((column as f32 + 0.5) * stride, (row as f32 + 0.5) * stride);
                let [left, top, right, bottom] = of(boxes).map(|side| side * stride);
                [x - left, y - top, x + right, y + bottom]
            }
            Boxes::Middles(boxes) => {
                let [x, y, width, height] = of(boxes);
                let (across, down) = (width / 2.0, height / 2.0);
                [x - across, y - down, x + across, y + down]
            }
        };
        let (width, height) = (self.width as f32, self.height as f32);
        Bounds {
            left: left.clamp(0.0, width),
            top: top.clamp(0.0, height),
            right: right.clamp(0.0, width),
            bottom: bottom.clamp(0.0, height),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture has at most 4096 pixels a side")]
    fn mask(self, heads: Heads, cell: usize, cells: usize, bounds: Bounds) -> Mask {
        let (height, width) = (self.height / PROTOTYPE_STRIDE, self.width / PROTOTYPE_STRIDE);
        let middle = |at: usize| (at as f32 + 0.5) * PROTOTYPE_STRIDE as f32;
        let mut pixels = vec![false; height * width];
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let (x, y) = (middle(at % width), middle(at / width));
            let inside = (bounds.left..bounds.right).contains(&x)
                && (bounds.top..bounds.bottom).contains(&y);
            // A sigmoid is above one half where its argument is above 0.
            *pixel = inside
                && (0..self.prototypes)
                    .map(|prototype| {
                        heads.coefficients[prototype * cells + cell]
                            * heads.prototypes[prototype * height * width + at]
                    })
                    .sum::<f32>()
                    > 0.0;
        }
        Mask { width, pixels }
    }
}

impl Bounds {
    fn area(self) -> f32 {
        (self.right - self.left).max(0.0) * (self.bottom - self.top).max(0.0)
    }

    /// Intersection over union, from 0 to 1.
    pub fn overlap(self, other: Self) -> f32 {
        let common = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        let union = self.area() + other.area() - common.area();
        if union > 0.0 { common.area() / union } else { 0.0 }
    }
}

#[cfg(test)]
mod tests;
