//! Labels of a picture: where a thing is and how much of it is visible.

use serde::{Deserialize, Serialize};

use crate::{Picture, Scene, render::labels};

/// A box around a thing's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// First column, from the left.
    pub left: u32,
    /// First row, from the top.
    pub top: u32,
    /// Last column, inclusive.
    pub right: u32,
    /// Last row, inclusive.
    pub bottom: u32,
}

impl Picture {
    /// Which pixels show a thing, row by row.
    pub fn mask(&self, thing: usize) -> Vec<bool> {
        self.labels.iter().map(|&label| usize::from(label) == thing + 1).collect()
    }

    /// Number of pixels that show a thing.
    pub fn area(&self, thing: usize) -> usize {
        self.labels.iter().filter(|&&label| usize::from(label) == thing + 1).count()
    }

    /// The smallest box around a thing's pixels; `None` if it is not visible.
    pub fn bounds(&self, thing: usize) -> Option<Bounds> {
        bounds(&self.labels, self.width, thing)
    }
}

fn bounds(labels: &[u8], width: u32, thing: usize) -> Option<Bounds> {
    let mut found: Option<Bounds> = None;
    for (y, row) in (0..).zip(labels.chunks(width as usize)) {
        for (x, &label) in (0..).zip(row) {
            if usize::from(label) == thing + 1 {
                let b = found.unwrap_or(Bounds { left: x, top: y, right: x, bottom: y });
                let (left, right) = (b.left.min(x), b.right.max(x));
                found = Some(Bounds { left, top: b.top, right, bottom: y });
            }
        }
    }
    found
}

/// How much of a thing is visible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Its visible pixels over those that it would have alone; 0 if it is
    /// outside.
    pub share: f32,
    /// Its visible pixels over those of the picture.
    pub covered: f32,
}

impl Seen {
    /// Renders only the labels of a scene at this size, without colours.
    pub fn of(scene: &Scene, thing: usize, width: u32, height: u32) -> Self {
        Shown::of(scene, width, height).seen(scene, thing)
    }
}

/// Which thing is visible at which pixel, without colours.
pub(crate) struct Shown {
    width: u32,
    height: u32,
    labels: Vec<u8>,
}

impl Shown {
    pub fn of(scene: &Scene, width: u32, height: u32) -> Self {
        Self { width, height, labels: labels(scene, width, height) }
    }

    #[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels")]
    pub fn seen(&self, scene: &Scene, thing: usize) -> Seen {
        let count = |labels: &[u8], label: usize| {
            labels.iter().filter(|&&seen| usize::from(seen) == label).count() as f32
        };
        let mut alone = scene.clone();
        alone.things = vec![scene.things[thing]];
        let whole = count(&labels(&alone, self.width, self.height), 1);
        let seen = count(&self.labels, thing + 1);
        let share = if whole > 0.0 { seen / whole } else { 0.0 };
        Seen { share, covered: seen / (self.width * self.height) as f32 }
    }

    /// Whether the picture's edge may cut off a thing that is alone in its
    /// scene.
    pub fn cut_off(&self) -> bool {
        bounds(&self.labels, self.width, 0).is_none_or(|b| {
            b.left == 0 || b.top == 0 || b.right + 1 == self.width || b.bottom + 1 == self.height
        })
    }

    /// The area of the box around a thing's pixels, as a share of the picture.
    #[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels")]
    pub fn box_area(&self, thing: usize) -> f32 {
        let Some(b) = bounds(&self.labels, self.width, thing) else { return 0.0 };
        let area = (b.right - b.left + 1) * (b.bottom - b.top + 1);
        area as f32 / (self.width * self.height) as f32
    }

    /// The share of the picture that is the thing or within `margin` of it,
    /// counted in squares.
    #[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels")]
    pub fn with_margin(&self, thing: usize, margin: u32) -> f32 {
        let at =
            |x: u32, y: u32| usize::from(self.labels[(y * self.width + x) as usize]) == thing + 1;
        let near = |at: u32, end: u32| at.saturating_sub(margin)..=(at + margin).min(end - 1);
        let close =
            |x: u32, y: u32| near(y, self.height).any(|y| near(x, self.width).any(|x| at(x, y)));
        let count = (0..self.height)
            .flat_map(|y| (0..self.width).map(move |x| (x, y)))
            .filter(|&(x, y)| close(x, y))
            .count();
        count as f32 / (self.width * self.height) as f32
    }
}
