//! Things that are worn, played or carried on a string.

use core::f32::consts::FRAC_PI_2;

use glam::{Vec3, vec3};

use crate::{
    colour::{BRASS, BRIGHT, CHARCOAL, CORAL, CREAM, LEMON, ORANGE, TAN, WALNUT, WHITE},
    curve::{about_x, bent, rounded},
    scene::Pattern,
    workshop::Workshop,
};

pub(super) fn hat(w: &mut Workshop) {
    let band_hex = w.dice.pick(BRIGHT);
    let band = w.cloth(band_hex);
    if w.dice.chance(0.45) {
        // A top hat.
        let hex = w.dice.pick(&[CHARCOAL, CHARCOAL, 0x4A_3A_5E, 0x2F_4A_5E]);
        let felt = w.matte(hex);
        let tall = w.dice.within(0.36..=0.5);
        let wide = w.dice.within(0.26..=0.3);
        let brim = [
            [wide * 0.6, 0.02],
            [wide + 0.1, 0.015],
            [wide + 0.21, 0.07],
            [wide + 0.2, 0.09],
            [wide + 0.09, 0.04],
            [wide * 0.6, 0.045],
        ];
        w.lathe(Vec3::ZERO, &brim, 0.014, felt);
        let high = wide * w.dice.within(1.0..=1.12);
        w.drum(vec3(0.0, tall * 0.5 + 0.03, 0.0), tall * 0.5, [wide, high], 0.03, felt);
        w.drum(vec3(0.0, 0.1, 0.0), 0.055, [wide + 0.012, wide + 0.018], 0.01, band);
        return;
    }
    // A straw hat with a wide, slightly wavy brim.
    let hex = w.dice.pick(&[0xE9_C9_84, TAN, CREAM, 0xE0_B0_6A]);
    let straw = w.cloth(hex);
    let wide = w.dice.within(0.27..=0.31);
    let out = w.dice.within(0.56..=0.66);
    let tall = w.dice.within(0.28..=0.36);
    let droop = w.dice.within(0.02..=0.07);
    let brim = [
        [0.0, 0.08],
        [wide, 0.08],
        [out * 0.8, 0.07 - droop * 0.4],
        [out, 0.05 - droop],
        [out, 0.065 - droop],
        [out * 0.8, 0.09 - droop * 0.4],
        [0.0, 0.1],
    ];
    w.lathe(Vec3::ZERO, &brim, 0.012, straw);
    let crown = [
        [0.0, 0.08],
        [wide, 0.08],
        [wide * 0.95, 0.08 + tall * 0.5],
        [wide * 0.8, 0.08 + tall * 0.9],
        [wide * 0.4, 0.08 + tall],
        [0.0, 0.06 + tall],
    ];
    w.lathe(Vec3::ZERO, &crown, 0.025, straw).melted(0.03);
    w.drum(vec3(0.0, 0.145, 0.0), 0.045, [wide + 0.034, wide + 0.026], 0.01, band);
    if w.dice.chance(0.6) {
        let petal = w.matte(if band_hex == CORAL { WHITE } else { CORAL });
        let middle = w.matte(LEMON);
        let mark = w.mark();
        w.egg(vec3(0.055, 0.0, 0.0), vec3(0.05, 0.022, 0.036), petal);
        w.spin(mark, 6);
        w.ball(vec3(0.0, 0.012, 0.0), 0.034, middle);
        w.place(mark, about_x(FRAC_PI_2), vec3(0.0, 0.16, wide + 0.05));
    }
}

pub(super) fn guitar(w: &mut Workshop) {
    let hex = w.dice.pick(&[0xD9_93_4A, 0xC8_6B_35, 0xE3_B0_6A, 0xB0_40_38, 0x3E_7F_A8, WALNUT]);
    let top = w.paint(hex);
    w.polish(top, 0.75);
    let side = w.paint(0x7A_48_2A);
    let neck = w.wood(0x8A_5A_36);
    let dark = w.matte(0x33_26_22);
    let pale = w.paint(CREAM);
    let brass = w.metal(BRASS);
    let (low, high) = (w.dice.within(0.27..=0.31), w.dice.within(0.2..=0.23));
    let waist = w.dice.within(0.145..=0.17);
    let right = [
        [0.1, 0.01],
        [low * 0.85, 0.08],
        [low, 0.25],
        [waist + 0.02, 0.46],
        [high, 0.62],
        [high * 0.72, 0.74],
    ];
    let mut outline = right.to_vec();
    outline.extend(right.iter().rev().map(|[x, y]| [-x, *y]));
    let outline = rounded(&outline, 2);
    let deep = w.dice.within(0.07..=0.09);
    w.plate(vec3(0.0, 0.0, -0.012), &outline, deep, 0.018, side);
    w.plate(vec3(0.0, 0.0, deep - 0.01), &outline, 0.014, 0.008, top);
    let front = deep + 0.006;
    w.drum(vec3(0.0, 0.5, front), 0.004, [0.1, 0.1], 0.0, pale).turned(about_x(FRAC_PI_2));
    w.drum(vec3(0.0, 0.5, front), 0.008, [0.082, 0.082], 0.0, dark).turned(about_x(FRAC_PI_2));
    w.block(vec3(0.0, 0.2, front + 0.004), vec3(0.11, 0.022, 0.014), 0.008, dark);
    let nut = 1.1;
    w.block(vec3(0.0, 0.84, front - 0.012), vec3(0.046, 0.28, 0.03), 0.018, neck);
    w.block(vec3(0.0, 0.82, front + 0.012), vec3(0.04, 0.28, 0.01), 0.004, dark);
    for fret in 0..4u8 {
        let y = nut - 0.08 - 0.09 * f32::from(fret);
        w.block(vec3(0.0, y, front + 0.022), vec3(0.038, 0.004, 0.004), 0.002, brass);
    }
    let head =
        [[-0.045, nut], [-0.075, nut + 0.2], [0.0, nut + 0.235], [0.075, nut + 0.2], [0.045, nut]];
    w.plate(vec3(0.0, 0.0, front - 0.02), &head, 0.024, 0.01, side);
    let mark = w.mark();
    for y in [0.05, 0.115, 0.18] {
        w.limb(
            [vec3(0.05, nut + y, front - 0.02), vec3(0.105, nut + y, front - 0.02)],
            [0.013, 0.02],
            pale,
        );
    }
    w.mirror(mark, Vec3::X);
    for x in [-0.022, 0.0, 0.022] {
        w.limb([vec3(x, 0.2, front + 0.026), vec3(x, nut, front + 0.028)], [0.0055, 0.0055], pale);
    }
}

pub(super) fn balloon(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let rubber = if w.dice.chance(0.25) {
        let two = w.dice.pick(&[WHITE, LEMON, ORANGE]);
        w.patterned(Pattern::Gores, [hex, two], 1.0)
    } else {
        w.glaze(hex)
    };
    w.polish(rubber, 0.85);
    let knot = w.glaze(hex);
    let string = w.matte(WHITE);
    let wide = w.dice.within(0.29..=0.33);
    let tall = wide * w.dice.within(1.1..=1.22);
    let y = 0.5 + tall;
    w.egg(vec3(0.0, y, 0.0), vec3(wide, tall, wide), rubber);
    w.limb(
        [vec3(0.0, y - tall * 0.55, 0.0), vec3(0.0, y - tall - 0.015, 0.0)],
        [wide * 0.7, 0.03],
        rubber,
    )
    .melted(0.06);
    w.drum(vec3(0.0, y - tall - 0.05, 0.0), 0.022, [0.05, 0.02], 0.012, knot);
    let sway = w.dice.within(0.03..=0.06);
    let path = bent(
        &[[0.0, y - tall - 0.06], [sway, 0.33], [-sway, 0.2], [sway * 0.6, 0.07], [0.0, 0.01]],
        4,
    );
    w.wire(Vec3::ZERO, &path, 0.011, string);
}
