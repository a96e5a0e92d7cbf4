//! `turn`: sixteen views of one thing as one image of 512 × 512, and how it
//! shall face as another of 192 × 192.

use munjigi_protocol::RightRound;
use munjigi_scene::clarity::{self, Plainness};
use munjigi_scene::{Scene, Seed, Turn};

use super::{Easel, Parts, Sheet, Stopped};
use crate::paint::Order;

const VIEWS: u8 = 16;
const COLUMNS: u8 = 4;
const VIEW: u32 = 128;
const REFERENCE: u32 = 192;

pub(super) fn draw(seed: Seed, easel: &Easel) -> Result<Parts, Stopped> {
    let turn = Turn::deal(seed, VIEWS);
    let scenes: Vec<Scene> = (0..VIEWS).map(|view| turn.view(view)).collect();
    let order = |scene| Order { scene, width: VIEW, height: VIEW };
    let views = easel.paint_all(&scenes.iter().map(order).collect::<Vec<Order>>())?;
    let reference = easel.paint(&turn.reference, REFERENCE, REFERENCE)?;
    let right = usize::from(turn.answer);
    let around = |step: usize| &views[(right + step) % views.len()];
    let (own, next, last) = (around(0), around(1), around(views.len() - 1));
    let unlike = clarity::unlike(own, next).min(clarity::unlike(own, last));
    let plain = Plainness::of(own, 0, 1.0).of_tile();
    let clarity = plain.min(clarity::graded(unlike, 0.08, 0.3));
    let sheets: Vec<Sheet> = views.into_iter().map(Sheet::from).collect();
    Ok(Parts {
        prompt: turn.kind,
        rows: VIEWS / COLUMNS,
        columns: COLUMNS,
        images: vec![Sheet::of_tiles(&sheets, usize::from(COLUMNS)), reference.into()],
        answer: RightRound::Turn { views: vec![turn.answer] },
        clarity: clarity::rounded(clarity),
        tiles: Vec::new(),
    })
}
