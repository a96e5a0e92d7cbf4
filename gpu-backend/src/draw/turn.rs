//! `turn`: sixteen views of one thing as one image of 896 × 896, and the
//! direction to find as another of 224 × 224.

use munjigi_protocol::{RenderedImage, RightRound};
use munjigi_scene::clarity::{self, Plainness};
use munjigi_scene::{Picture, Seed, Turn};
use munjigi_sheet::{Sheet, avif};

use super::{Easel, Parts, Stopped, encoded};

const VIEWS: u8 = 16;
const COLUMNS: u8 = 4;
/// The size at which the widget shows a view. Twice that, for high-density
/// screens, would have to be compressed so much to fit the same bytes that it
/// would look no sharper.
const VIEW: u32 = 224;
/// Half as much again as its displayed size: small pictures cost little.
const REFERENCE: u32 = 224;
/// A challenge has two rounds: together, including the step, at most 60 KB.
const MOST_VIEWS_BYTES: usize = 26_500;
const MOST_REFERENCE_BYTES: usize = 3_300;
/// AV1's quantizers that are used if these bytes are enough.
const VIEWS_FINEST: u8 = 168;
const REFERENCE_FINEST: u8 = 140;

pub(super) fn draw(seed: Seed, easel: &Easel) -> Result<Parts, Stopped> {
    let turn = Turn::deal(seed, VIEWS);
    let views = (0..VIEWS).map(|view| easel.paint(&turn.view(view), VIEW, VIEW));
    let views = views.collect::<Result<Vec<Picture>, _>>()?;
    let reference = easel.paint(&turn.reference, REFERENCE, REFERENCE)?;
    let right = usize::from(turn.answer);
    let around = |step: usize| &views[(right + step) % views.len()];
    let (own, next, last) = (around(0), around(1), around(views.len() - 1));
    let unlike = clarity::unlike(own, next).min(clarity::unlike(own, last));
    let plain = Plainness::of(own, 0, 1.0).of_tile();
    let clarity = plain.min(clarity::graded(unlike, 0.08, 0.3));
    let sheets: Vec<Sheet> = views.into_iter().map(Sheet::from).collect();
    let views = Sheet::of_tiles(&sheets, usize::from(COLUMNS));
    easel.waits()?;
    let views = as_avif(&views, VIEWS_FINEST, MOST_VIEWS_BYTES);
    let reference = as_avif(&reference.into(), REFERENCE_FINEST, MOST_REFERENCE_BYTES);
    Ok(Parts {
        prompt: turn.kind,
        rows: VIEWS / COLUMNS,
        columns: COLUMNS,
        images: vec![views, reference],
        answer: RightRound::Turn { views: vec![turn.answer] },
        clarity: clarity::rounded(clarity),
        tiles: Vec::new(),
    })
}

fn as_avif(sheet: &Sheet, finest: u8, most: usize) -> RenderedImage {
    encoded(sheet, avif::CONTENT_TYPE, &avif::within(sheet, finest, most))
}
