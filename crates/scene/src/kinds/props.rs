//! What only stands about (clutter) or in the way (occluders). Plain forms
//! that nobody would call by the name of a kind.

use glam::{Vec3, vec3};

use crate::{
    colour::{BRIGHT, CREAM, LEAF, OAK, PINE, ROOMS, SAGE, STEEL, WALNUT, WHITE},
    curve::{about_y, about_z},
    scene::{Pattern, Span},
    seed::Dice,
    workshop::{Stock, Workshop},
};

/// Something small on the floor, at most 1 in any direction.
pub(crate) fn clutter(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let hex = w.dice.pick(BRIGHT);
    match w.dice.whole(0..=3) {
        0 => {
            // A pebble.
            let stone = w.patterned(Pattern::Speckle, [0xA9_A6_A0, 0x8C_8A_88], 9.0);
            let squash = w.dice.within(0.5..=0.8);
            let turn = w.dice.within(0.0..=3.0);
            w.egg(Vec3::ZERO, vec3(0.5, 0.5 * squash, 0.42), stone).turned(about_y(turn));
        }
        1 => {
            // A building block.
            let paint = w.paint(hex);
            let turn = w.dice.within(0.0..=1.5);
            w.block(Vec3::ZERO, Vec3::splat(0.4), 0.07, paint).turned(about_y(turn));
        }
        2 => {
            // A tuft of grass.
            let green_hex = w.dice.pick(&[LEAF, PINE, SAGE]);
            let green = w.matte(green_hex);
            for blade in [-2.0f32, -1.0, 0.0, 1.0, 2.0] {
                let to = vec3(blade * 0.13, 0.62 - blade.abs() * 0.1, w.dice.within(-0.12..=0.12));
                w.limb([vec3(blade * 0.05, 0.05, 0.0), to], [0.06, 0.012], green);
            }
        }
        _ => {
            // A striped marble.
            let glass = w.patterned(Pattern::Clouds, [hex, WHITE], 2.0);
            w.polish(glass, 0.9);
            w.ball(Vec3::ZERO, 0.4, glass);
        }
    }
    w.finish(0.0)
}

/// A round rug, 1 across, a little sunk in.
pub(crate) fn rug(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let hex = w.dice.pick(ROOMS);
    let (top, rim) = (w.cloth(hex), w.dice.pick(ROOMS));
    let rim = w.cloth(rim);
    w.drum(Vec3::ZERO, 0.006, [0.5, 0.5], 0.004, rim);
    let inner = w.dice.within(0.4..=0.46);
    w.drum(Vec3::Y * 0.003, 0.005, [inner, inner], 0.003, top);
    w.finish(-0.004)
}

/// Something narrow and upright: 1 high.
pub(crate) fn occluder(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let thick = w.dice.within(0.05..=0.075);
    match w.dice.whole(0..=2) {
        0 => {
            let wood_hex = w.dice.pick(&[OAK, WALNUT, CREAM]);
            let wood = w.wood(wood_hex);
            w.limb([Vec3::Y * 0.05, Vec3::Y * 0.92], [thick, thick], wood);
            w.ball(Vec3::Y * 0.95, thick * 1.3, wood);
        }
        1 => {
            let hex = w.dice.pick(BRIGHT);
            let stripes = w.patterned(Pattern::Bands, [hex, WHITE], 4.0);
            w.drum(Vec3::Y * 0.5, 0.5, [thick, thick], 0.02, stripes);
            let foot = w.metal(STEEL);
            w.drum(Vec3::Y * 0.02, 0.03, [thick * 2.2, thick * 1.8], 0.02, foot);
        }
        _ => {
            let green_hex = w.dice.pick(&[LEAF, SAGE]);
            let green = w.matte(green_hex);
            for (lean, tall) in [(-0.2, 0.8), (0.0, 1.0), (0.18, 0.85)] {
                w.egg(
                    vec3(lean * 0.5, tall * 0.5, 0.0),
                    vec3(thick * 0.9, tall * 0.5, 0.03),
                    green,
                )
                .turned(about_z(-lean));
            }
        }
    }
    w.finish(0.0)
}
