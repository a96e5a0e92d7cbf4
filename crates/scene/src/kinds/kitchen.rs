//! Things on a kitchen table.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{BRIGHT, CREAM, LEAF, LEMON, NAVY, PINE, RED, SKY, TEAL, WALNUT, WHITE},
    curve::{about_x, about_y, about_z, bent},
    scene::Pattern,
    workshop::Workshop,
};

pub(super) fn cup(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let body = match w.dice.whole(0..=3) {
        0 => {
            let stripes = w.patterned(Pattern::Bands, [hex, WHITE], 5.0);
            w.polish(stripes, 0.85);
            stripes
        }
        1 => {
            let dots = w.patterned(Pattern::Dots, [hex, WHITE], 6.0);
            w.polish(dots, 0.85);
            dots
        }
        _ => w.glaze(hex),
    };
    let handle = if w.dice.chance(0.7) { w.glaze(hex) } else { w.glaze(WHITE) };
    let inside = w.glaze(WHITE);
    let drink_hex = w.dice.pick(&[0x5A_36_22, 0x8A_5A_34, 0xC9_7B_3A, 0xE9_DC_C2]);
    let drink = w.glaze(drink_hex);
    let mark = w.mark();
    let low = w.dice.within(0.24..=0.34);
    let high = w.dice.within(0.32..=0.38);
    let tall = w.dice.within(0.6..=0.78);
    let outer = [[0.0, 0.02], [low, 0.02], [high, tall], [high - 0.03, tall], [low - 0.03, 0.07]];
    w.lathe(
        Vec3::ZERO,
        &[outer[0], outer[1], outer[2], outer[3], outer[4], [0.0, 0.07]],
        0.02,
        body,
    );
    let lining = [[high - 0.052, tall], [high - 0.07, tall], [low - 0.04, 0.1], [low - 0.06, 0.1]];
    w.lathe(Vec3::ZERO, &lining, 0.004, inside);
    let level = tall * w.dice.within(0.78..=0.88);
    w.drum(vec3(0.0, level, 0.0), 0.01, [high - 0.05, high - 0.05], 0.0, drink);
    let size = tall * w.dice.within(0.26..=0.32);
    let middle = (low + high) * 0.5 - 0.01;
    w.ring(vec3(middle, tall * 0.52, 0.0), [size, 0.05], FRAC_PI_2 + 0.1, handle)
        .turned(about_z(-FRAC_PI_2))
        .melted(0.03);
    if w.dice.chance(0.35) {
        let profile =
            [[0.0, -0.03], [0.34, -0.03], [0.54, 0.03], [0.53, 0.045], [0.32, 0.0], [0.0, 0.0]];
        w.lathe(Vec3::ZERO, &profile, 0.014, handle);
    }
    // The handle is near the front: without it a cup looks like any pot.
    w.place(mark, about_y(-0.42), Vec3::ZERO);
}

pub(super) fn bottle(w: &mut Workshop) {
    let hex = w.dice.pick(&[PINE, LEAF, 0x8A_4B_2A, TEAL, SKY, NAVY, 0x6B_8F_3C]);
    let glass = w.glaze(hex);
    let label_hex = w.dice.pick(&[CREAM, WHITE, LEMON]);
    let label = w.matte(label_hex);
    let mark_hex = w.dice.pick(BRIGHT);
    let mark = w.matte(mark_hex);
    let cap_hex = w.dice.pick(&[RED, 0xD8_AE_55, 0x40_44_4F, 0xC9_A0_70]);
    let cap = w.paint(cap_hex);
    let wide = w.dice.within(0.17..=0.23);
    let neck = w.dice.within(0.055..=0.075);
    let shoulder = w.dice.within(0.52..=0.62);
    let slope = w.dice.within(0.1..=0.24);
    let flank = bent(
        &[[wide, shoulder - 0.1], [wide * 0.97, shoulder], [neck, shoulder + slope], [neck, 0.92]],
        4,
    );
    let mut profile = vec![[0.0, 0.03], [wide - 0.03, 0.03], [wide, 0.07]];
    profile.extend(flank);
    profile.push([0.0, 0.92]);
    w.lathe(Vec3::ZERO, &profile, 0.012, glass);
    w.drum(vec3(0.0, 0.91, 0.0), 0.014, [neck + 0.03, neck + 0.03], 0.012, glass);
    w.drum(vec3(0.0, 0.98, 0.0), 0.05, [neck + 0.02, neck + 0.014], 0.014, cap);
    let middle = shoulder * 0.48;
    w.drum(vec3(0.0, middle, 0.0), shoulder * 0.26, [wide + 0.017, wide + 0.017], 0.004, label);
    w.drum(vec3(0.0, middle, 0.0), 0.05, [wide + 0.02, wide + 0.02], 0.004, mark);
}

pub(super) fn teapot(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let body = if w.dice.chance(0.25) {
        let dots = w.patterned(Pattern::Dots, [hex, WHITE], 6.5);
        w.polish(dots, 0.85);
        dots
    } else {
        w.glaze(hex)
    };
    let trim = if w.dice.chance(0.5) { w.glaze(hex) } else { w.glaze(CREAM) };
    let (wide, tall) = (w.dice.within(0.36..=0.4), w.dice.within(0.29..=0.35));
    let middle = tall + 0.03;
    w.drum(vec3(0.0, 0.03, 0.0), 0.03, [0.22, 0.22], 0.02, trim);
    w.egg(vec3(0.0, middle, 0.0), vec3(wide, tall, wide), body).melted(0.04);
    // Spout to the right, handle to the left.
    let spout = [
        vec3(wide * 0.7, middle - 0.08, 0.0),
        vec3(wide + 0.12, middle + 0.02, 0.0),
        vec3(wide + 0.2, middle + 0.2, 0.0),
        vec3(wide + 0.27, middle + 0.27, 0.0),
    ];
    let m = body;
    w.limb([spout[0], spout[1]], [0.11, 0.068], m).melted(0.05);
    w.limb([spout[1], spout[2]], [0.068, 0.046], m).melted(0.03);
    w.limb([spout[2], spout[3]], [0.046, 0.05], m).melted(0.03);
    w.ring(vec3(-wide + 0.01, middle + 0.02, 0.0), [0.19, 0.042], FRAC_PI_2 + 0.25, trim)
        .turned(about_z(FRAC_PI_2))
        .melted(0.03);
    let top = middle + tall;
    w.egg(vec3(0.0, top - 0.045, 0.0), vec3(0.2, 0.085, 0.2), trim);
    w.ring(vec3(0.0, top - 0.045, 0.0), [0.195, 0.018], PI, trim).turned(about_x(FRAC_PI_2));
    w.ball(vec3(0.0, top + 0.075, 0.0), 0.052, trim);
    w.limb([vec3(0.0, top, 0.0), vec3(0.0, top + 0.06, 0.0)], [0.03, 0.022], trim);
}

pub(super) fn apple(w: &mut Workshop) {
    let hex = w.dice.pick(&[RED, 0xC9_2E_38, 0x9C_C5_4A, 0xE2_4A_3E, 0xD8_3A_50]);
    let blush = if hex == 0x9C_C5_4A { 0xB8_CF_52 } else { 0xE9_7A_45 };
    let skin = w.patterned(Pattern::Clouds, [hex, blush], 1.1);
    w.polish(skin, 0.6);
    let stem = w.wood(WALNUT);
    let leaf_hex = w.dice.pick(&[LEAF, PINE]);
    let leaf = w.paint(leaf_hex);
    // A ring so thick that only a dimple is left of its hole, and a narrower
    // foot.
    let (major, minor) = (w.dice.within(0.18..=0.21), w.dice.within(0.26..=0.29));
    let tall = w.dice.within(0.46..=0.54);
    w.ring(vec3(0.0, tall, 0.0), [major, minor], PI, skin).turned(about_x(FRAC_PI_2));
    w.ring(vec3(0.0, 0.2, 0.0), [0.14, 0.18], PI, skin).turned(about_x(FRAC_PI_2)).melted(0.22);
    let slant = w.dice.within(-0.06..=0.06);
    let top = vec3(slant, tall + minor + 0.12, 0.0);
    w.limb([vec3(0.0, tall + 0.12, 0.0), top], [0.02, 0.03], stem);
    if w.dice.chance(0.85) {
        let tilt = w.dice.within(0.5..=0.9);
        w.egg(top + vec3(0.12, 0.0, 0.0), vec3(0.15, 0.022, 0.075), leaf)
            .turned(about_z(tilt - 0.5));
    }
}
