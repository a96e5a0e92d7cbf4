//! Random changes that do not alter what a picture shows, so that a network
//! cannot memorise pictures.

use crate::dice::Dice;
use crate::net::Batch;

/// A byte in the form of a network's input: `(byte / 255 - 0.5) / 0.25`.
pub fn fed(byte: u8) -> f32 {
    (f32::from(byte) / 255.0 - 0.5) / 0.25
}

/// A picture's planes in the form of a network's input.
pub fn planes(pictures: &[&[u8]], height: usize, width: usize) -> Batch {
    let mut batch = Batch::zeros(3, pictures.len(), height, width);
    for (sample, rgb) in pictures.iter().enumerate() {
        for channel in 0..3 {
            let bytes = rgb.iter().skip(channel).step_by(3);
            for (value, &byte) in batch.of_mut(channel, sample).iter_mut().zip(bytes) {
                *value = fed(byte);
            }
        }
    }
    batch
}

/// A random way to see a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// From a new pixel to an old one: two rows of a matrix.
    turn: [[f32; 2]; 2],
    shift: [f32; 2],
    gains: [f32; 3],
    level: f32,
    grain: f32,
}

impl Look {
    /// Moved, turned, scaled, and in another light.
    pub(super) fn of(dice: &mut Dice, mirrored: f32) -> Self {
        let angle = dice.within(-0.14, 0.14);
        let scale = dice.within(0.87, 1.15);
        let flip = if dice.chance(mirrored) { -1.0 } else { 1.0 };
        let (sine, cosine) = (angle.sin() * scale, angle.cos() * scale);
        let light = dice.within(0.8, 1.2);
        Self {
            turn: [[cosine * flip, -sine], [sine * flip, cosine]],
            shift: [dice.within(-5.0, 5.0), dice.within(-5.0, 5.0)],
            gains: [0; 3].map(|_| light * dice.within(0.88, 1.12)),
            level: dice.within(-0.3, 0.3),
            grain: if dice.chance(0.5) { dice.within(0.0, 0.2) } else { 0.0 },
        }
    }

    /// In another light only.
    pub(super) fn still(dice: &mut Dice) -> Self {
        let look = Self::of(dice, 0.0);
        Self { turn: [[1.0, 0.0], [0.0, 1.0]], shift: [0.0; 2], ..look }
    }

    /// The planes of a picture seen in this way.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places within a small picture"
    )]
    pub(super) fn see(
        &self,
        rgb: &[u8],
        [height, width]: [usize; 2],
        dice: &mut Dice,
        planes: &mut [f32],
    ) {
        let middle = [(width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0];
        let most = [(width - 1) as f32, (height - 1) as f32];
        let plane = width * height;
        for y in 0..height {
            for x in 0..width {
                let (across, down) = (x as f32 - middle[0], y as f32 - middle[1]);
                let old = |axis: usize| {
                    let [a, b] = self.turn[axis];
                    (a * across + b * down + middle[axis] + self.shift[axis]).clamp(0.0, most[axis])
                };
                let (left, top) = (old(0), old(1));
                let (x0, y0) = (left as usize, top as usize);
                let (right, low) = (left - x0 as f32, top - y0 as f32);
                let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
                let grain = if self.grain > 0.0 {
                    (dice.unit() + dice.unit() - 1.0) * self.grain
                } else {
                    0.0
                };
                for channel in 0..3 {
                    let at = |x: usize, y: usize| f32::from(rgb[(y * width + x) * 3 + channel]);
                    let above = at(x0, y0) * (1.0 - right) + at(x1, y0) * right;
                    let below = at(x0, y1) * (1.0 - right) + at(x1, y1) * right;
                    let value = (above * (1.0 - low) + below * low) / 255.0;
                    planes[channel * plane + y * width + x] =
                        (value * self.gains[channel] - 0.5) / 0.25 + self.level + grain;
                }
            }
        }
    }
}
