//! Views to learn directions from, and whole turns.

use std::f32::consts::PI;

use anyhow::Result;
use munjigi_scene::{Scene, Seed, Turn};

use super::grid::{SIDE, small};
use super::{Record, Scenes, number};
use crate::dice::Dice;
use crate::picture::Rgb;

/// Views of a turn as the factory deals it.
pub const VIEWS: u8 = 16;
/// Bytes of a picture that networks get.
const PIXELS: usize = SIDE * SIDE * 3;

/// One picture of a turn and the direction in which its thing faces.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Its number in [`munjigi_scene::Kind::ALL`].
    pub kind: usize,
    /// The share of a whole turn, from 0 to below 1.
    pub facing: f32,
    /// 64 × 64.
    pub rgb: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        let facing = f32::from(u16::from_le_bytes([bytes[1], bytes[2]])) / 65_536.0;
        Self { kind: usize::from(bytes[0]), facing, rgb: &bytes[3..] }
    }
}

impl Record for View<'_> {
    const BYTES: usize = 3 + PIXELS;
    const NAME: &'static str = "view";
    const SCENES: Scenes = Scenes::Turns;

    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let turn = Turn::deal(seed, VIEWS);
        let [low, high, ..] = seed.0;
        let mut dice = Dice::new(u64::from(low), u64::from(high));
        let scene = if dice.chance(0.5) {
            turn.reference
        } else {
            let view = u8::try_from(dice.below(usize::from(VIEWS)))?;
            turn.view(view)
        };
        let mut bytes = vec![number(turn.kind)];
        bytes.extend(facing(&scene).to_le_bytes());
        bytes.extend(Rgb::draw(&scene, 64, 64).bytes);
        Ok(bytes)
    }
}

/// The direction of a scene's first thing, in 65,536ths of a turn.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an angle from 0 to below 65,536"
)]
fn facing(scene: &Scene) -> u16 {
    let front = scene.things[0].axes.z_axis;
    let turned = (front.x.atan2(front.z) / (2.0 * PI)).rem_euclid(1.0);
    (turned * 65_536.0) as u16
}

/// A turn with its pictures scaled down. They are drawn at a smaller size than
/// they are served, in a fifth of the time, and compressed less: programs get
/// pictures that are no worse than visitors'.
#[derive(Clone, Debug)]
pub struct TurnRound<'a> {
    /// Index of the right view.
    pub right: usize,
    /// The views, each turned by one step from the one before.
    pub views: Vec<&'a [u8]>,
    pub reference: &'a [u8],
}

impl<'a> TurnRound<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        let (views, reference) = bytes[1..].split_at(usize::from(VIEWS) * PIXELS);
        let views = views.chunks_exact(PIXELS).collect();
        Self { right: usize::from(bytes[0]), views, reference }
    }
}

impl Record for TurnRound<'_> {
    const BYTES: usize = 1 + (VIEWS as usize + 1) * PIXELS;
    const NAME: &'static str = "turn";
    const SCENES: Scenes = Scenes::Turns;

    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let turn = Turn::deal(seed, VIEWS);
        let views: Vec<Rgb> =
            (0..VIEWS).map(|view| Rgb::draw(&turn.view(view), 128, 128)).collect();
        let mut bytes = vec![turn.answer];
        bytes.extend(small(&views, 4)?);
        let reference = Rgb::draw(&turn.reference, 192, 192).served()?;
        bytes.extend(reference.shrunk(SIDE, SIDE).bytes);
        Ok(bytes)
    }
}
