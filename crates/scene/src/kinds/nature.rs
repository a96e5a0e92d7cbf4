//! Things that grow, swim or melt.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{
        BRICK, BRIGHT, CHARCOAL, CORAL, CREAM, LEAF, LEMON, LILAC, MUSTARD, ORANGE, PINE, PINK,
        RED, SAGE, SKY, TEAL, WALNUT, WHITE,
    },
    curve::{about_x, about_y, about_z, along, on_circle, rounded},
    scene::Pattern,
    workshop::Workshop,
};

pub(super) fn tree(w: &mut Workshop) {
    let bark = w.wood(WALNUT);
    let hex = w.dice.pick(&[LEAF, PINE, SAGE, 0x8D_B5_4B, 0xE0_9A_3E, TEAL]);
    let leaves = w.matte(hex);
    let thick = w.dice.within(0.06..=0.08);
    if w.dice.chance(0.4) {
        // A conifer with three or four layers.
        w.limb([vec3(0.0, 0.0, 0.0), vec3(0.0, 0.35, 0.0)], [thick * 1.2, thick], bark);
        let skirts = u8::try_from(w.dice.whole(3..=4)).unwrap_or(3);
        let wide = w.dice.within(0.33..=0.4);
        for skirt in 0..skirts {
            let share = f32::from(skirt) / f32::from(skirts);
            let radius = wide * (1.0 - share * 0.68);
            let y = 0.34 + share * 0.66;
            w.drum(vec3(0.0, y, 0.0), 0.17, [radius, radius * 0.12], 0.03, leaves);
        }
        return;
    }
    let trunk = w.dice.within(0.34..=0.44);
    w.limb([Vec3::ZERO, vec3(0.0, trunk + 0.1, 0.0)], [thick * 1.35, thick * 0.8], bark);
    w.limb([vec3(0.0, trunk * 0.7, 0.0), vec3(0.15, trunk + 0.08, 0.04)], [0.035, 0.025], bark)
        .melted(0.04);
    let wide = w.dice.within(0.24..=0.3);
    w.ball(vec3(0.0, trunk + 0.32, 0.0), wide, leaves);
    let turn = w.dice.within(0.0..=PI);
    for lobe in 0..5u8 {
        let [x, z] = on_circle(0.2, turn + 2.0 * PI / 5.0 * f32::from(lobe));
        let y = trunk + w.dice.within(0.16..=0.3);
        let radius = w.dice.within(0.15..=0.2);
        w.ball(vec3(x, y, z), radius, leaves).melted(0.05);
    }
    if w.dice.chance(0.35) {
        let fruit_hex = w.dice.pick(&[RED, ORANGE, PINK]);
        let fruit = w.paint(fruit_hex);
        for berry in 0..9u8 {
            let [x, z] = on_circle(0.31, turn + 2.4 * f32::from(berry));
            let y = trunk + w.dice.within(0.12..=0.42);
            w.ball(vec3(x, y, z), 0.042, fruit);
        }
    }
}

pub(super) fn mushroom(w: &mut Workshop) {
    let hex = w.dice.pick(&[RED, RED, BRICK, ORANGE, CORAL, 0xA8_6B_43, LILAC]);
    let cap = w.paint(hex);
    w.polish(cap, 0.5);
    let flesh = w.matte(CREAM);
    let dot = w.matte(WHITE);
    let (wide, tall) = (w.dice.within(0.42..=0.5), w.dice.within(0.38..=0.5));
    let stem = w.dice.within(0.5..=0.64);
    let thick = w.dice.within(0.13..=0.17);
    // The cap first: what carves it must not cut the stem.
    w.egg(vec3(0.0, stem, 0.0), vec3(wide, tall, wide), cap);
    w.block(vec3(0.0, stem - 0.5, 0.0), vec3(0.7, 0.5, 0.7), 0.0, cap).carved();
    w.ring(vec3(0.0, stem, 0.0), [wide - 0.035, 0.035], PI, cap)
        .turned(about_x(FRAC_PI_2))
        .melted(0.03);
    w.drum(vec3(0.0, stem, 0.0), 0.02, [wide * 0.86, wide * 0.86], 0.02, flesh);
    w.limb([vec3(0.0, 0.14, 0.0), vec3(0.0, stem, 0.0)], [thick * 1.25, thick * 0.85], flesh);
    if w.dice.chance(0.5) {
        w.drum(vec3(0.0, stem * 0.72, 0.0), 0.035, [thick * 1.6, thick], 0.02, flesh);
    }
    let turn = w.dice.within(0.0..=2.0 * PI);
    for spot in 0..11u8 {
        // Golden-angle spiral over the dome.
        let up = 0.12 + 0.085 * f32::from(spot);
        let out = (1.0 - up * up).max(0.0).sqrt();
        let [x, z] = on_circle(out, turn + 2.4 * f32::from(spot));
        let size = w.dice.within(0.055..=0.1);
        let normal = vec3(x * wide, up * tall, z * wide);
        w.egg(vec3(0.0, stem, 0.0) + normal * 0.97, vec3(size, size * 0.6, size), dot)
            .turned(along(vec3(x / wide, up / tall, z / wide)));
    }
}

pub(super) fn cactus(w: &mut Workshop) {
    let hex = w.dice.pick(&[LEAF, PINE, SAGE, 0x4F_9A_6B]);
    let skin = w.matte(hex);
    let rib = w.matte(0xD8_E8_B0);
    let pot_hex = w.dice.pick(&[BRICK, CORAL, TEAL, MUSTARD, SKY, 0xC8_73_4A]);
    let pot = w.paint(pot_hex);
    let soil = w.matte(0x5B_40_2E);
    let petal_hex = w.dice.pick(&[PINK, CORAL, LEMON]);
    let petal = w.matte(petal_hex);
    w.drum(vec3(0.0, 0.16, 0.0), 0.16, [0.19, 0.25], 0.02, pot);
    w.drum(vec3(0.0, 0.31, 0.0), 0.045, [0.28, 0.285], 0.02, pot);
    w.drum(vec3(0.0, 0.355, 0.0), 0.01, [0.24, 0.24], 0.0, soil);
    let top = w.dice.within(0.95..=1.12);
    let thick = w.dice.within(0.14..=0.17);
    w.limb([vec3(0.0, 0.35, 0.0), vec3(0.0, top, 0.0)], [thick, thick * 0.95], skin);
    let mut arms = vec![(1.0, w.dice.within(0.5..=0.62)), (-1.0, w.dice.within(0.6..=0.74))];
    if w.dice.chance(0.25) {
        arms.pop();
    }
    for (side, y) in arms {
        let (out, up) = (w.dice.within(0.27..=0.32), w.dice.within(0.16..=0.28));
        let elbow = vec3(side * out, y, 0.0);
        w.limb([vec3(0.0, y - 0.03, 0.0), elbow], [0.075, 0.08], skin).melted(0.05);
        w.limb([elbow, elbow + vec3(side * 0.02, up, 0.0)], [0.082, 0.075], skin).melted(0.03);
    }
    // Rows of spines as small pale knobs.
    let mark = w.mark();
    for row in 0..5u8 {
        let y = 0.45 + (top - 0.45) * f32::from(row) / 4.5;
        w.ball(vec3(0.0, y, thick * 0.98), 0.018, rib);
    }
    w.spin(mark, 6);
    if w.dice.chance(0.7) {
        let mark = w.mark();
        w.egg(vec3(0.06, 0.0, 0.0), vec3(0.065, 0.03, 0.045), petal).turned(about_z(0.5));
        w.spin(mark, 5);
        w.place(mark, about_x(0.0), vec3(0.0, top + thick * 0.95, 0.0));
    }
}

pub(super) fn flower(w: &mut Workshop) {
    let hex = w.dice.pick(&[CORAL, PINK, LEMON, WHITE, LILAC, ORANGE, RED, SKY]);
    let petal = w.matte(hex);
    let middle_hex = w.dice.pick(&[MUSTARD, 0x7A_4A_2A, LEMON]);
    let middle = w.matte(if hex == LEMON { 0x7A_4A_2A } else { middle_hex });
    let green_hex = w.dice.pick(&[LEAF, PINE]);
    let green = w.matte(green_hex);
    let petals = u8::try_from(w.dice.whole(6..=9)).unwrap_or(7);
    let length = w.dice.within(0.15..=0.19);
    let plump = length * w.dice.within(4.0..=4.8) / f32::from(petals);
    let mark = w.mark();
    w.egg(vec3(0.0, 0.0, 0.04), vec3(0.13, 0.13, 0.07), middle);
    for index in 0..petals {
        let angle = 2.0 * PI * f32::from(index) / f32::from(petals);
        let [x, y] = on_circle(0.1 + length * 0.85, angle);
        w.egg(vec3(x, y, 0.0), vec3(plump.min(0.12), length, 0.042), petal).turned(about_z(-angle));
    }
    w.place(mark, about_x(-0.3), vec3(0.0, 0.86, 0.05));
    let sway = w.dice.within(-0.08..=0.08);
    let knee = vec3(sway, 0.45, -0.02);
    w.limb([vec3(0.0, 0.02, 0.0), knee], [0.034, 0.03], green);
    w.limb([knee, vec3(0.0, 0.84, 0.0)], [0.03, 0.028], green).melted(0.02);
    for side in [-1.0, 1.0] {
        let y = w.dice.within(0.16..=0.3);
        let tilt = side * w.dice.within(0.7..=1.0);
        w.egg(vec3(side * 0.15, y + 0.08, 0.0), vec3(0.065, 0.19, 0.025), green)
            .turned(about_z(-tilt));
    }
    w.egg(Vec3::ZERO, vec3(0.2, 0.06, 0.17), green);
}

pub(super) fn fish(w: &mut Workshop) {
    let hex = w.dice.pick(&[ORANGE, CORAL, SKY, TEAL, LEMON, LILAC, PINK, 0x3E_6F_C4]);
    let two = w.dice.pick(&[WHITE, CREAM, LEMON, CHARCOAL]);
    let body = if w.dice.chance(0.5) {
        // Bands run across the part's `y`: the body's egg is turned to `x`.
        w.patterned(Pattern::Bands, [hex, two], 3.2)
    } else {
        w.paint(hex)
    };
    w.polish(body, 0.55);
    let fin_hex = if w.dice.chance(0.5) { hex } else { w.dice.pick(BRIGHT) };
    let fin = w.paint(fin_hex);
    let (white, black) = (w.glaze(WHITE), w.glaze(CHARCOAL));
    let (tall, wide) = (w.dice.within(0.27..=0.36), w.dice.within(0.15..=0.19));
    w.egg(Vec3::ZERO, vec3(tall, 0.5, wide), body).turned(about_z(FRAC_PI_2));
    let tail_fin = rounded(&[[-0.4, 0.0], [-0.72, 0.27], [-0.64, 0.0], [-0.72, -0.27]], 4);
    w.plate(Vec3::ZERO, &tail_fin, 0.035, 0.03, fin).melted(0.05);
    let crest =
        [[-0.26, tall * 0.7], [-0.22, tall + 0.13], [0.05, tall + 0.14], [0.2, tall * 0.85]];
    w.plate(Vec3::ZERO, &rounded(&crest, 3), 0.03, 0.025, fin);
    w.plate(
        Vec3::ZERO,
        &[[-0.16, -tall * 0.8], [-0.2, -tall - 0.12], [0.06, -tall * 0.9]],
        0.03,
        0.025,
        fin,
    );
    let mark = w.mark();
    w.egg(vec3(-0.02, -0.06, wide + 0.02), vec3(0.12, 0.055, 0.025), fin)
        .turned(about_z(0.5) * about_y(0.35));
    w.ball(vec3(0.3, 0.08, wide * 0.72), 0.072, white);
    w.ball(vec3(0.325, 0.085, wide * 0.72 + 0.045), 0.04, black);
    w.mirror(mark, Vec3::Z);
    w.ring(vec3(0.47, -0.06, 0.0), [0.045, 0.02], PI, fin).turned(about_y(FRAC_PI_2));
}

pub(super) fn snowman(w: &mut Workshop) {
    let snow = w.matte(0xF4_F7_FB);
    let coal = w.matte(CHARCOAL);
    let carrot = w.matte(ORANGE);
    let scarf_hex = w.dice.pick(BRIGHT);
    let scarf = w.cloth(scarf_hex);
    let hat_hex = w.dice.pick(&[CHARCOAL, CHARCOAL, scarf_hex, 0x6B_45_2E]);
    let hat = w.matte(hat_hex);
    let wood = w.wood(WALNUT);
    let low = w.dice.within(0.27..=0.32);
    let mid = low * w.dice.within(0.74..=0.8);
    let head = low * w.dice.within(0.56..=0.62);
    let (y1, y2) = (low * 0.94, low * 1.86 + mid * 0.72);
    let y3 = y2 + mid * 0.8 + head * 0.72;
    w.ball(vec3(0.0, y1, 0.0), low, snow);
    w.ball(vec3(0.0, y2, 0.0), mid, snow).melted(0.03);
    w.ball(vec3(0.0, y3, 0.0), head, snow).melted(0.02);
    w.limb([vec3(0.0, y3, head * 0.9), vec3(0.0, y3 - 0.01, head + 0.17)], [0.038, 0.01], carrot);
    let mark = w.mark();
    w.ball(vec3(head * 0.38, y3 + head * 0.32, head * 0.84), 0.027, coal);
    w.limb(
        [vec3(mid * 0.8, y2 + 0.03, 0.0), vec3(mid + 0.24, y2 + 0.2, 0.03)],
        [0.02, 0.014],
        wood,
    );
    w.limb(
        [vec3(mid + 0.14, y2 + 0.13, 0.02), vec3(mid + 0.16, y2 + 0.24, 0.02)],
        [0.013, 0.01],
        wood,
    );
    w.mirror(mark, Vec3::X);
    for (y, r) in [(y2 + mid * 0.35, mid), (y2 - mid * 0.1, mid), (y1 + low * 0.5, low)] {
        let up = if r < low { y - y2 } else { y - y1 };
        w.ball(vec3(0.0, y, (r * r - up * up).max(0.0).sqrt()), 0.027, coal);
    }
    let neck = y3 - head * 0.72;
    w.ring(vec3(0.0, neck, 0.0), [head * 0.8, 0.05], PI, scarf).turned(about_x(FRAC_PI_2));
    w.block(vec3(0.1, neck - 0.12, head * 0.92), vec3(0.045, 0.12, 0.022), 0.02, scarf)
        .turned(about_x(0.15) * about_z(0.12));
    let brim = y3 + head * 0.72;
    let mark = w.mark();
    w.drum(vec3(0.0, 0.0, 0.0), 0.016, [head * 1.12, head * 1.12], 0.012, hat);
    w.drum(vec3(0.0, 0.12, 0.0), 0.11, [head * 0.72, head * 0.74], 0.02, hat);
    w.drum(vec3(0.0, 0.045, 0.0), 0.028, [head * 0.75, head * 0.75], 0.008, scarf);
    let tilt = w.dice.within(-0.15..=0.15);
    w.place(mark, about_z(tilt), vec3(0.0, brim, 0.0));
}
