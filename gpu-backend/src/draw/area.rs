//! `area`: one picture of 480 × 320 and the squares that contain the thing.

use munjigi_protocol::RightRound;
use munjigi_scene::{Area, Seed, clarity};

use super::{Easel, Parts, Sheet, Stopped, as_jpeg};
use crate::squares::Squares;

const WIDTH: u32 = 480;
const HEIGHT: u32 = 320;
/// A point counts if it is at most this many squares away from the thing: about
/// the width of a finger.
const MARGIN: f32 = 1.5;
/// Two rounds keep a blind guess at or below 0.5 % if no mask covers more than
/// this: 0.07² = 0.0049.
const MOST_COVERED: f32 = 0.07;

pub(super) fn draw(seed: Seed, easel: &Easel) -> Result<Parts, Stopped> {
    let area = Area::deal(seed);
    let thing = usize::from(area.answer);
    let picture = easel.paint(&area.scene, WIDTH, HEIGHT)?;
    let squares = Squares::of_mask(&picture.mask(thing), WIDTH as usize).widened(MARGIN);
    let covered = squares.covered();
    let clarity =
        if covered > MOST_COVERED || covered == 0.0 { 0.0 } else { area.clarity(&picture) };
    let sheet = Sheet::from(picture);
    let (columns, rows) = (Squares::COLUMNS, Squares::ROWS);
    Ok(Parts {
        prompt: area.target,
        rows: 1,
        columns: 1,
        images: vec![as_jpeg(&sheet)],
        answer: RightRound::Area { columns, rows, mask: squares.packed() },
        clarity: clarity::rounded(clarity),
        tiles: vec![sheet],
    })
}
