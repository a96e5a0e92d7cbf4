//! How clear an answer is, computed by construction: how much of the thing is
//! visible, how large it is, and how far its outline stands out. 0.5 is the
//! least that a person should be asked to see.

use crate::{Area, Grid, Picture, Seen};

/// Below this, a person could mistake the thing for something else.
pub const LEAST: f32 = 0.5;

/// Colours further apart than this can be told apart at a glance, as the sum of
/// the differences of red, green and blue.
const APART: u32 = 40;

/// How clearly a thing is visible.
#[derive(Debug, Clone, Copy)]
pub struct Plainness {
    /// Its visible pixels over those that it would have alone.
    share: f32,
    /// Its pixels over those of the picture.
    covered: f32,
    /// The share of its outline across which colours differ clearly.
    outline: f32,
}

impl Plainness {
    /// Measures a drawn thing of whose own pixels this share is visible.
    pub fn of(picture: &Picture, thing: usize, share: f32) -> Self {
        let mask = picture.mask(thing);
        Self { share, covered: part(mask.iter().copied()), outline: outline(picture, &mask) }
    }

    /// The clarity of a picture of one thing.
    pub fn of_tile(self) -> f32 {
        self.graded(0.03)
    }

    /// The clarity of a thing among others.
    pub fn of_scene(self) -> f32 {
        self.graded(0.008)
    }

    fn graded(self, size: f32) -> f32 {
        graded(self.share, 0.55, 1.0).min(graded(self.covered, size, size * 4.0)).min(graded(
            self.outline,
            0.3,
            0.8,
        ))
    }
}

impl Grid {
    /// How clear the drawn tiles are, 0 to 1: as clear as the least clear one.
    pub fn clarity(&self, tiles: &[Picture]) -> f32 {
        (0..).zip(&self.tiles).zip(tiles).fold(1.0, |clarity, ((index, scene), picture)| {
            // A tile without the target must be clear too: what it shows must
            // not be mistaken for the target.
            let share = Seen::of(scene, 0, picture.width / 2, picture.height / 2).share;
            let plain = Plainness::of(picture, 0, share).of_tile();
            clarity.min(if self.answer.contains(&index) { plain } else { plain.max(LEAST) })
        })
    }
}

impl Area {
    /// How clear the target is in the drawn picture, 0 to 1.
    pub fn clarity(&self, picture: &Picture) -> f32 {
        let thing = usize::from(self.answer);
        let share = Seen::of(&self.scene, thing, picture.width / 2, picture.height / 2).share;
        Plainness::of(picture, thing, share).of_scene()
    }
}

/// 0.5 at `fair`, 1 from `good` on, 0 at 0; linear in between.
pub fn graded(value: f32, fair: f32, good: f32) -> f32 {
    if value < fair {
        (0.5 * value / fair).max(0.0)
    } else {
        (0.5 + 0.5 * (value - fair) / (good - fair)).min(1.0)
    }
}

/// Rounds to two digits, which is all that the estimate is worth.
pub fn rounded(clarity: f32) -> f32 {
    (clarity * 100.0).round() / 100.0
}

/// The share of the pixels of either thing in which two views of it differ.
pub fn unlike(one: &Picture, other: &Picture) -> f32 {
    let pixels = one.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
    let labels = one.labels.iter().zip(&other.labels);
    part(pixels.zip(labels).filter_map(|((a, b), (&of_one, &of_other))| {
        let either = of_one == 1 || of_other == 1;
        either.then(|| of_one != of_other || apart(a, b))
    }))
}

/// The share of a thing's outline that stands out, compared two pixels away on
/// each side: the pixels at the outline itself are mixed.
fn outline(picture: &Picture, mask: &[bool]) -> f32 {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let colour = |at: usize| picture.rgb.get(at * 3..at * 3 + 3).unwrap_or_default();
    let along = |step: usize, line: usize, place: usize| {
        // Four pixels in a row; the outline lies between the middle two.
        let start = line + place * step;
        let [a, b, c, d] = [start, start + step, start + 2 * step, start + 3 * step];
        (mask.get(b) != mask.get(c)).then(|| apart(colour(a), colour(d)))
    };
    let rows = (0..height)
        .flat_map(|y| (0..width.saturating_sub(3)).filter_map(move |x| along(1, y * width, x)));
    let columns = (0..width)
        .flat_map(|x| (0..height.saturating_sub(3)).filter_map(move |y| along(width, x, y)));
    part(rows.chain(columns))
}

fn apart(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() > APART
}

/// The share of values that are true; 0 without values.
#[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels")]
fn part(values: impl Iterator<Item = bool>) -> f32 {
    let (mut count, mut on) = (0_usize, 0_usize);
    for value in values {
        count += 1;
        on += usize::from(value);
    }
    if count > 0 { on as f32 / count as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark square on white, or on dark.
    fn picture(ground: u8) -> Picture {
        let inside = |at: usize| (8..24).contains(&(at % 32)) && (8..24).contains(&(at / 32));
        let labels: Vec<u8> = (0..32 * 32).map(|at| u8::from(inside(at))).collect();
        let rgb = labels.iter().flat_map(|&label| [if label == 1 { 20 } else { ground }; 3]);
        Picture { width: 32, height: 32, rgb: rgb.collect(), labels: labels.clone() }
    }

    #[test]
    fn what_stands_out_is_plain_and_what_hides_is_not() {
        assert!(Plainness::of(&picture(240), 0, 1.0).of_tile() > 0.99);
        assert!(Plainness::of(&picture(25), 0, 1.0).of_tile() < 0.01);
        assert!(Plainness::of(&picture(240), 0, 0.3).of_tile() < 0.5);
        assert!(Plainness::of(&picture(240), 1, 1.0).of_tile() < 0.01);
    }

    #[test]
    fn views_of_the_same_are_alike() {
        assert!(unlike(&picture(240), &picture(240)) < 0.01);
        let mut other = picture(240);
        other.rgb.fill(120);
        assert!(unlike(&picture(240), &other) > 0.99);
    }

    #[test]
    fn grades_are_a_half_where_it_is_fair() {
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(near(graded(0.0, 0.3, 0.8), 0.0) && near(graded(0.3, 0.3, 0.8), 0.5));
        assert!(near(graded(0.8, 0.3, 0.8), 1.0) && near(graded(2.0, 0.3, 0.8), 1.0));
    }
}
