//! The light, floor, wall and finish of a picture.

use core::f32::consts::PI;

use glam::{Vec3, vec3};

use crate::{
    colour::{ROOMS, contrast, srgb},
    curve::{looking, radians},
    scene::{Backdrop, Dapple, Light, Look, Material, Pattern, Screen, Sheet, Wall},
    seed::Dice,
    workshop::Stock,
};

/// A lamp that lights what the camera sees, and a sky. The camera looks along
/// `-z`.
pub(crate) fn light(dice: &mut Dice) -> Light {
    let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
    let azimuth = side * radians(dice.within(5.0..=96.0));
    let elevation = radians(dice.within(32.0..=72.0));
    let towards = -looking(azimuth, elevation).z_axis;
    // From morning to evening: the warmer the lamp, the cooler the sky; and
    // occasionally a coloured lamp, as in a shop window.
    let warm = dice.unit();
    let mut lamp = vec3(0.96, 0.99, 1.04).lerp(vec3(1.08, 0.84, 0.6), warm);
    if dice.chance(0.2) {
        lamp *= vec3(dice.within(0.82..=1.1), dice.within(0.86..=1.06), dice.within(0.82..=1.12));
    }
    let sky = vec3(0.5, 0.52, 0.55).lerp(vec3(0.4, 0.46, 0.6), warm);
    // How much of the light comes from the lamp: overcast to sunny.
    let sunny = dice.unit();
    let strength = 0.66 + 0.52 * sunny;
    let ambient = 1.24 - 0.4 * sunny;
    let bounce = vec3(0.34, 0.32, 0.3) * dice.within(0.8..=1.2);
    let crispness = 3.5 + 10.0 * sunny * dice.unit();
    let dapple = dapple(dice);
    let glow = 1.0 + 0.25 * dapple.depth;
    Light {
        towards,
        lamp: lamp * (strength * glow),
        sky: sky * ambient,
        bounce: bounce * ambient,
        crispness,
        dapple,
    }
}

/// Shade of leaves or of a blind, on every third picture.
fn dapple(dice: &mut Dice) -> Dapple {
    let screen = dice.pick(&[Screen::Leaves, Screen::Leaves, Screen::Slats]);
    let frequency = match screen {
        Screen::Leaves => dice.within(1.6..=3.4),
        Screen::Slats => dice.within(2.0..=4.2),
    };
    let depth = if dice.chance(0.34) { dice.within(0.35..=0.75) } else { 0.0 };
    Dapple { screen, frequency, depth }
}

/// The pattern frequency of a floor or a wall.
fn frequency(dice: &mut Dice, pattern: Pattern) -> f32 {
    match pattern {
        Pattern::Weave => dice.within(4.0..=9.0),
        Pattern::Dots | Pattern::Terrazzo => dice.within(2.2..=5.5),
        Pattern::Speckle => dice.within(2.5..=6.0),
        Pattern::Clouds | Pattern::Blotches => dice.within(0.9..=2.6),
        Pattern::Fade | Pattern::Rings => dice.within(0.6..=2.4),
        _ => dice.within(1.4..=4.6),
    }
}

const FLOORS: &[Pattern] = &[
    Pattern::Boards,
    Pattern::Boards,
    Pattern::Checks,
    Pattern::Clouds,
    Pattern::Weave,
    Pattern::Terrazzo,
    Pattern::Speckle,
    Pattern::Dots,
    Pattern::Stripes,
    Pattern::Tartan,
    Pattern::Blotches,
    Pattern::Rings,
    Pattern::Zigzag,
    Pattern::Plain,
    Pattern::Plain,
    Pattern::Plain,
];

const WALLS: &[Pattern] = &[
    Pattern::Stripes,
    Pattern::Stripes,
    Pattern::Dots,
    Pattern::Checks,
    Pattern::Zigzag,
    Pattern::Terrazzo,
    Pattern::Clouds,
    Pattern::Tartan,
    Pattern::Fade,
    Pattern::Boards,
    Pattern::Blotches,
    Pattern::Rings,
    Pattern::Plain,
    Pattern::Plain,
    Pattern::Plain,
];

/// How far a room's colours are from the thing's, if six tries find such a
/// colour.
const APART: f32 = 0.17;

/// A surface of a room in a colour that `own` stands out from: calm, so that
/// its pattern never looks like a thing.
fn sheet(dice: &mut Dice, stock: &mut Stock, own: Vec3, patterns: &[Pattern]) -> (Sheet, Vec3) {
    let mut base = Vec3::ZERO;
    for _ in 0..6 {
        base = srgb(dice.pick(ROOMS)) * dice.within(0.72..=0.95);
        if contrast(base, own) > APART {
            break;
        }
    }
    let pattern = dice.pick(patterns);
    let accent = if dice.chance(0.6) {
        base * dice.within(0.72..=0.9)
    } else {
        base.lerp(srgb(dice.pick(ROOMS)), dice.within(0.35..=0.75))
    };
    let gloss = if dice.chance(0.3) { dice.within(0.15..=0.4) } else { 0.0 };
    let frequency = frequency(dice, pattern);
    let wear = if dice.chance(0.2) { 0.25 } else { 0.0 };
    let material = Material { pattern, base, accent, frequency, gloss, metal: 0.0, wear };
    stock.materials.push(material);
    let material = u32::try_from(stock.materials.len() - 1).expect("a scene has few materials");
    let angle = if dice.chance(0.5) { 0.0 } else { dice.within(0.0..=PI) };
    (Sheet { material, turn: [libm::sinf(angle), libm::cosf(angle)] }, base)
}

/// A floor, perhaps a wall, and what they fade into, in colours that a thing
/// of colour `own` stands out from.
pub(crate) fn backdrop(dice: &mut Dice, stock: &mut Stock, own: Vec3) -> Backdrop {
    let (mut floor, base) = sheet(dice, stock, own, FLOORS);
    let angle = dice.within(-0.7..=0.7);
    if floor.turn[0] == 0.0 {
        // Boards and checks lie along the room's walls.
        floor.turn = [libm::sinf(angle), libm::cosf(angle)];
    }
    let mut wall = None;
    if dice.chance(0.62) {
        let (sheet, _) = sheet(dice, stock, own, WALLS);
        let normal = vec3(libm::sinf(angle), 0.0, libm::cosf(angle));
        wall = Some(Wall { sheet, normal, distance: dice.within(0.75..=1.9) });
    }
    let horizon = if dice.chance(0.55) {
        // A cove: the floor runs into the wall.
        base * vec3(1.0, 0.99, 0.98)
    } else {
        srgb(dice.pick(ROOMS)) * 0.92
    };
    let zenith = horizon.lerp(srgb(dice.pick(ROOMS)), 0.45) * 0.92;
    let start = dice.within(4.2..=5.5) + if wall.is_some() { 1.5 } else { 0.0 };
    Backdrop { floor, wall, horizon, zenith, fade: [start, start + dice.within(1.5..=4.0)] }
}

/// A finish: from neutral to the look of an old print.
pub(crate) fn look(dice: &mut Dice) -> Look {
    let tint = |dice: &mut Dice, far: f32| {
        vec3(dice.within(-far..=far), dice.within(-far..=far), dice.within(-far..=far))
    };
    let strong = dice.chance(0.4);
    let gain = Vec3::ONE + tint(dice, if strong { 0.09 } else { 0.03 });
    let lift = tint(dice, 0.03) + if strong { dice.within(0.0..=0.06) } else { 0.0 };
    Look {
        gain,
        lift,
        contrast: dice.within(0.88..=1.16),
        saturation: if strong { dice.within(0.62..=1.2) } else { dice.within(0.85..=1.1) },
        vignette: if dice.chance(0.5) { dice.within(0.05..=0.3) } else { 0.0 },
        grain: if dice.chance(0.5) { dice.within(0.01..=0.055) } else { 0.0 },
        grain_seed: u32::try_from(dice.whole(0..=0xFF_FFFF)).unwrap_or(0),
    }
}
