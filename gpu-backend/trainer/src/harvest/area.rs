//! Wide pictures to learn from, and areas as visitors get them.

use anyhow::Result;
use munjigi_scene::scene::What;
use munjigi_scene::{Area, Seed, clarity, render};

use super::{Record, Scenes, number};
use crate::picture::Rgb;

/// Width and height of the pictures that networks get.
pub const AREA: [usize; 2] = [192, 128];
/// Columns of squares for which a picture's owners are recorded.
pub const COLUMNS: usize = 48;
/// Rows of such squares.
pub const ROWS: usize = 32;
/// Columns and rows of the squares that an answer is judged by, as the
/// gpu-backend draws them.
pub const JUDGED: [usize; 2] = [60, 40];
/// Bytes of a picture.
const PIXELS: usize = AREA[0] * AREA[1] * 3;
/// Most things in a record; an area has fewer.
const THINGS: usize = 24;
/// Largest share of right squares: more would let a blind guess pass.
const MOST: f32 = 0.06;

/// A wide picture, the things in it, and the owner of each square.
#[derive(Clone, Debug)]
pub struct Wide<'a> {
    /// Kinds and boxes (left, top, right, bottom, in pixels, last included).
    pub things: Vec<(usize, [u8; 4])>,
    /// For each square, 0 or a thing's number plus one.
    pub owners: &'a [u8],
    /// 192 × 128.
    pub rgb: &'a [u8],
}

impl<'a> Wide<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        let (things, rest) = bytes.split_at(1 + 5 * THINGS);
        let (owners, rgb) = rest.split_at(COLUMNS * ROWS);
        let count = usize::from(things[0]);
        let things = things[1..].chunks_exact(5).take(count).map(|thing| {
            let [kind, left, top, right, bottom] =
                [thing[0], thing[1], thing[2], thing[3], thing[4]];
            (usize::from(kind), [left, top, right, bottom])
        });
        Self { things: things.collect(), owners, rgb }
    }
}

impl Record for Wide<'_> {
    const BYTES: usize = 1 + 5 * THINGS + COLUMNS * ROWS + PIXELS;
    const NAME: &'static str = "wide";
    const SCENES: Scenes = Scenes::Areas;

    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let area = Area::deal(seed);
        let picture = render(&area.scene, 192, 128);
        let mut bytes = vec![0];
        let mut numbers = vec![0_u8; area.scene.things.len() + 1];
        for (at, thing) in area.scene.things.iter().enumerate() {
            let What::Kind(kind) = thing.what else { continue };
            let Some(bounds) = picture.bounds(at) else { continue };
            bytes[0] += 1;
            numbers[at + 1] = bytes[0];
            bytes.push(number(kind));
            for side in [bounds.left, bounds.top, bounds.right, bounds.bottom] {
                bytes.push(u8::try_from(side)?);
            }
        }
        bytes.resize(1 + 5 * THINGS, 0);
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let label = picture.labels[(row * 4 + 2) * AREA[0] + column * 4 + 2];
                bytes.push(numbers[usize::from(label)]);
            }
        }
        bytes.extend(picture.rgb);
        Ok(bytes)
    }
}

/// An area as served, scaled down.
#[derive(Clone, Copy, Debug)]
pub struct AreaRound<'a> {
    /// Number of the target's kind.
    pub target: usize,
    /// Whether a person can make it out: the factory drops all others.
    pub is_plain: bool,
    /// 1 for each square that is right.
    pub right: &'a [u8],
    /// 192 × 128.
    pub rgb: &'a [u8],
}

impl<'a> AreaRound<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        let (right, rgb) = bytes[2..].split_at(JUDGED[0] * JUDGED[1]);
        Self { target: usize::from(bytes[0]), is_plain: bytes[1] == 1, right, rgb }
    }
}

impl Record for AreaRound<'_> {
    const BYTES: usize = 2 + JUDGED[0] * JUDGED[1] + PIXELS;
    const NAME: &'static str = "area";
    const SCENES: Scenes = Scenes::Areas;

    /// Draws as the factory does: a picture in which too much is right is dealt
    /// again.
    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let mut seed = seed;
        loop {
            let area = Area::deal(seed);
            let picture = render(&area.scene, 480, 320);
            let right = squares(&picture.mask(usize::from(area.answer)));
            #[expect(clippy::cast_precision_loss, reason = "squares are few")]
            let share =
                right.iter().map(|&right| f32::from(right)).sum::<f32>() / right.len() as f32;
            if share > MOST {
                seed.0[0] = seed.0[0].wrapping_add(1);
                continue;
            }
            let is_plain = area.clarity(&picture) >= clarity::LEAST;
            let rgb = Rgb::from(picture);
            let mut bytes = vec![number(area.target), u8::from(is_plain)];
            bytes.extend(right);
            bytes.extend(rgb.served()?.shrunk(AREA[0], AREA[1]).bytes);
            return Ok(bytes);
        }
    }
}

/// Squares of 8 pixels that contain a pixel of a thing, and those around them.
fn squares(mask: &[bool]) -> Vec<u8> {
    let [columns, rows] = JUDGED;
    let mut right = vec![0; columns * rows];
    for (at, _) in mask.iter().enumerate().filter(|&(_, &is_thing)| is_thing) {
        let (x, y) = (at % 480 / 8, at / 480 / 8);
        for y in y.saturating_sub(1)..=(y + 1).min(rows - 1) {
            for x in x.saturating_sub(1)..=(x + 1).min(columns - 1) {
                right[y * columns + x] = 1;
            }
        }
    }
    right
}

impl AreaRound<'_> {
    /// Whether a point, in shares of width and height, is right.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a point within a picture of few squares"
    )]
    pub fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let [columns, rows] = JUDGED;
        let square = |share: f32, count: usize| ((share * count as f32) as usize).min(count - 1);
        self.right[square(y, rows) * columns + square(x, columns)] == 1
    }
}
