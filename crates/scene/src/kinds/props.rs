//! Things that only stand around (clutter) or in the way (occluders). Plain
//! forms that no one would call by the name of a kind.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{BRIGHT, CREAM, LEAF, OAK, PINE, ROOMS, SAGE, STEEL, TAN, WALNUT, WHITE},
    curve::{about_x, about_y, about_z},
    scene::{Pattern, Span},
    seed::Dice,
    workshop::{Coating, Stock, Workshop},
};

/// A coating for props: paint, glaze, wood or a print.
fn toy(w: &mut Workshop) -> Coating {
    let [one, two] = [w.dice.pick(BRIGHT), w.dice.pick(BRIGHT)];
    match w.dice.whole(0..=5) {
        0 => w.glaze(one),
        1 => {
            let wood = w.dice.pick(&[OAK, TAN, WALNUT]);
            w.wood(wood)
        }
        2 => {
            let prints =
                [Pattern::Bands, Pattern::Stripes, Pattern::Cubes, Pattern::Dots, Pattern::Fade];
            let print = w.dice.pick(&prints);
            let frequency = w.dice.within(3.0..=6.0);
            w.patterned(print, [one, two], frequency)
        }
        3 => w.metal(STEEL),
        _ => w.paint(one),
    }
}

/// A small thing on the floor, at most 1 in any direction.
pub(crate) fn clutter(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let hex = w.dice.pick(BRIGHT);
    match w.dice.whole(0..=8) {
        0 => {
            // A pebble.
            let stone = w.patterned(Pattern::Speckle, [0xA9_A6_A0, 0x8C_8A_88], 9.0);
            let squash = w.dice.within(0.5..=0.8);
            let turn = w.dice.within(0.0..=3.0);
            w.egg(Vec3::ZERO, vec3(0.5, 0.5 * squash, 0.42), stone).turned(about_y(turn));
        }
        1 => {
            // A building block, perhaps with another on top.
            let paint = toy(&mut w);
            let turn = w.dice.within(0.0..=1.5);
            w.block(Vec3::ZERO, Vec3::splat(0.4), 0.07, paint).turned(about_y(turn));
            if w.dice.chance(0.4) {
                let other = toy(&mut w);
                w.block(vec3(0.05, 0.66, 0.0), vec3(0.3, 0.26, 0.3), 0.06, other)
                    .turned(about_y(turn * 2.0));
            }
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
        3 => {
            // A striped marble.
            let glass = w.patterned(Pattern::Clouds, [hex, WHITE], 2.0);
            w.polish(glass, 0.9);
            w.ball(Vec3::ZERO, 0.4, glass);
        }
        4 => {
            // A ring to throw, lying flat.
            let paint = toy(&mut w);
            let thick = w.dice.within(0.09..=0.15);
            w.ring(Vec3::ZERO, [0.4, thick], PI, paint).turned(about_x(FRAC_PI_2));
        }
        5 => {
            // A cone.
            let paint = toy(&mut w);
            let blunt = w.dice.within(0.03..=0.14);
            w.drum(Vec3::ZERO, 0.5, [0.36, blunt], 0.03, paint);
        }
        6 => {
            // An arch from a building set.
            let paint = toy(&mut w);
            w.block(Vec3::ZERO, vec3(0.5, 0.3, 0.18), 0.03, paint);
            w.drum(vec3(0.0, -0.3, 0.0), 0.4, [0.28, 0.28], 0.0, paint)
                .turned(about_x(FRAC_PI_2))
                .carved();
        }
        7 => {
            // A reel, lying or upright.
            let (rim, thread) = (toy(&mut w), w.cloth(hex));
            let mark = w.mark();
            w.drum(Vec3::ZERO, 0.3, [0.22, 0.22], 0.02, thread);
            for y in [-0.32, 0.32] {
                w.drum(Vec3::Y * y, 0.06, [0.34, 0.34], 0.03, rim);
            }
            let lying = if w.dice.chance(0.5) { FRAC_PI_2 } else { 0.0 };
            w.place(mark, about_z(lying), Vec3::ZERO);
        }
        _ => {
            // Two rods.
            let (one, two) = (toy(&mut w), toy(&mut w));
            w.limb([vec3(-0.45, 0.0, 0.1), vec3(0.45, 0.0, -0.1)], [0.07, 0.07], one);
            w.limb([vec3(-0.2, 0.13, -0.35), vec3(0.15, 0.13, 0.4)], [0.07, 0.07], two);
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

/// A round board, 1 across.
pub(crate) fn turntable(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let top = toy(&mut w);
    let rim = toy(&mut w);
    w.drum(Vec3::ZERO, 0.018, [0.5, 0.5], 0.01, rim);
    w.drum(Vec3::Y * 0.012, 0.012, [0.46, 0.46], 0.004, top);
    w.finish(0.0)
}

/// Something narrow and upright: 1 high.
pub(crate) fn occluder(dice: &mut Dice, stock: &mut Stock) -> Span {
    let mut w = Workshop::new(dice, stock);
    let thick = w.dice.within(0.05..=0.075);
    match w.dice.whole(0..=4) {
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
        2 => {
            // A hoop on a stand.
            let paint = toy(&mut w);
            let size = w.dice.within(0.2..=0.28);
            w.ring(Vec3::Y * (1.0 - size), [size, thick * 0.6], PI, paint);
            w.limb([Vec3::ZERO, Vec3::Y * (1.0 - 2.0 * size)], [thick, thick * 0.6], paint);
        }
        3 => {
            // Beads on a rod.
            let rod = w.metal(STEEL);
            w.limb([Vec3::ZERO, Vec3::Y], [0.02, 0.02], rod);
            for y in [0.16, 0.42, 0.68] {
                let bead = toy(&mut w);
                let size = thick * w.dice.within(1.2..=1.9);
                let up = y + w.dice.within(0.0..=0.1);
                w.ball(Vec3::Y * up, size, bead);
            }
        }
        _ => {
            let green_hex = w.dice.pick(&[LEAF, SAGE, PINE]);
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
