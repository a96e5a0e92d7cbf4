//! What a picture's labels say: where a thing is and how much of it is seen.

use serde::{Deserialize, Serialize};

use crate::{Picture, Scene, render::labels};

/// A box around a thing's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Last column, included.
    pub right: u32,
    /// Last row, included.
    pub bottom: u32,
}

impl Picture {
    /// Which pixels show a thing, row by row.
    pub fn mask(&self, thing: usize) -> Vec<bool> {
        self.labels.iter().map(|&label| usize::from(label) == thing + 1).collect()
    }

    /// How many pixels show a thing.
    pub fn area(&self, thing: usize) -> usize {
        self.labels.iter().filter(|&&label| usize::from(label) == thing + 1).count()
    }

    /// The smallest box around a thing's pixels; `None` where it is not seen.
    pub fn bounds(&self, thing: usize) -> Option<Bounds> {
        let mut found: Option<Bounds> = None;
        let mut pixels = self.labels.iter();
        for y in 0..self.height {
            for x in 0..self.width {
                if pixels.next().is_some_and(|&label| usize::from(label) == thing + 1) {
                    let b = found.unwrap_or(Bounds { left: x, top: y, right: x, bottom: y });
                    found = Some(Bounds {
                        left: b.left.min(x),
                        top: b.top,
                        right: b.right.max(x),
                        bottom: y,
                    });
                }
            }
        }
        found
    }
}

/// How much of a thing is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Its pixels over those it would have alone; 0 for a thing outside.
    pub share: f32,
    /// Its pixels over those of the picture.
    pub covered: f32,
}

impl Seen {
    /// Looks at a scene at some size, without drawing its colours.
    #[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels")]
    pub fn of(scene: &Scene, thing: usize, width: u32, height: u32) -> Self {
        let count = |scene: &Scene, label: usize| {
            let labels = labels(scene, width, height);
            labels.iter().filter(|&&seen| usize::from(seen) == label).count() as f32
        };
        let mut alone = scene.clone();
        alone.things = vec![scene.things[thing]];
        let (seen, whole) = (count(scene, thing + 1), count(&alone, 1));
        let share = if whole > 0.0 { seen / whole } else { 0.0 };
        Self { share, covered: seen / (width * height) as f32 }
    }
}
