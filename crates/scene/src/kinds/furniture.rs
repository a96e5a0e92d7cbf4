//! Things that stand in a room.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{BRASS, BRIGHT, CHARCOAL, CREAM, OAK, RED, STEEL, TAN, WALNUT, WHITE},
    curve::{about_x, about_z, on_circle},
    workshop::{Coating, Workshop},
};

/// Wood or paint, for frames.
fn frame(w: &mut Workshop) -> Coating {
    if w.dice.chance(0.55) {
        let hex = w.dice.pick(&[OAK, TAN, WALNUT]);
        w.wood(hex)
    } else {
        let hex = w.dice.pick(BRIGHT);
        w.paint(hex)
    }
}

pub(super) fn chair(w: &mut Workshop) {
    let wood = frame(w);
    let hex = w.dice.pick(BRIGHT);
    let cushion = w.cloth(hex);
    let (wide, deep) = (w.dice.within(0.23..=0.28), w.dice.within(0.22..=0.26));
    let seat = w.dice.within(0.42..=0.5);
    let back = seat + w.dice.within(0.46..=0.6);
    let thick = w.dice.within(0.028..=0.04);
    let splay = w.dice.within(0.0..=0.06);
    w.block(vec3(0.0, seat, 0.0), vec3(wide, 0.035, deep), 0.03, wood);
    if w.dice.chance(0.6) {
        w.block(
            vec3(0.0, seat + 0.05, 0.01),
            vec3(wide - 0.03, 0.035, deep - 0.03),
            0.035,
            cushion,
        );
    }
    let mark = w.mark();
    let (x, z) = (wide - thick, deep - thick);
    let foot = vec3(x + splay, thick * 0.8, z + splay);
    w.limb([foot, vec3(x, seat, z)], [thick * 0.8, thick], wood);
    let foot = vec3(x + splay, thick * 0.8, -z - splay);
    w.limb([foot, vec3(x, seat, -z)], [thick * 0.8, thick], wood);
    w.limb([vec3(x, seat, -z), vec3(x, back, -z - 0.07)], [thick, thick * 0.9], wood);
    w.mirror(mark, Vec3::X);
    let lean = |y: f32| -z - 0.07 * (y - seat) / (back - seat);
    match w.dice.whole(0..=2) {
        0 => {
            for share in [0.95, 0.68, 0.41] {
                let y = seat + (back - seat) * share;
                w.block(vec3(0.0, y, lean(y)), vec3(x, 0.045, 0.02), 0.02, wood);
            }
        }
        1 => {
            let y = seat + (back - seat) * 0.68;
            let half = vec3(x, (back - seat) * 0.32, 0.025);
            w.block(vec3(0.0, y, lean(y)), half, 0.025, wood).turned(about_x(-0.12));
        }
        _ => {
            w.block(vec3(0.0, back, lean(back)), vec3(x + thick, 0.05, 0.028), 0.028, wood);
            for x in [-0.5, 0.0, 0.5] {
                let x = x * wide;
                let ends = [vec3(x, seat, -z), vec3(x, back, lean(back))];
                w.limb(ends, [0.018, 0.018], wood);
            }
        }
    }
}

pub(super) fn bench(w: &mut Workshop) {
    let wood = frame(w);
    let iron = w.paint(CHARCOAL);
    let half = w.dice.within(0.62..=0.8);
    let seat = 0.36;
    for z in [-0.14, 0.0, 0.14] {
        w.block(vec3(0.0, seat, z), vec3(half, 0.022, 0.06), 0.018, wood);
    }
    let slats: &[f32] = if w.dice.chance(0.5) { &[0.53, 0.69] } else { &[0.5, 0.61, 0.72] };
    let tall = 0.12 / f32::from(u8::try_from(slats.len()).unwrap_or(2));
    for &y in slats {
        let z = -0.2 - (y - seat) * 0.22;
        w.block(vec3(0.0, y, z), vec3(half, tall, 0.02), 0.016, wood).turned(about_x(-0.2));
    }
    let mark = w.mark();
    let x = half * 0.8;
    w.limb([vec3(x, 0.03, 0.17), vec3(x, seat - 0.03, 0.15)], [0.032, 0.028], iron);
    w.limb([vec3(x, 0.03, -0.24), vec3(x, seat - 0.03, -0.18)], [0.032, 0.028], iron);
    w.limb([vec3(x, seat - 0.04, 0.17), vec3(x, seat - 0.04, -0.2)], [0.026, 0.026], iron);
    w.limb([vec3(x, seat - 0.04, -0.2), vec3(x, 0.76, -0.32)], [0.026, 0.022], iron);
    if w.dice.chance(0.6) {
        w.limb([vec3(x, seat, 0.16), vec3(x, seat + 0.17, 0.17)], [0.022, 0.022], iron);
        w.limb([vec3(x, seat + 0.17, 0.19), vec3(x, seat + 0.17, -0.24)], [0.026, 0.026], iron);
    }
    w.mirror(mark, Vec3::X);
}

pub(super) fn table(w: &mut Workshop) {
    let wood = frame(w);
    let legs = if w.dice.chance(0.4) { frame(w) } else { wood };
    let height = w.dice.within(0.52..=0.64);
    let round = w.dice.chance(0.4);
    let (x, z) = if round {
        let radius = w.dice.within(0.44..=0.52);
        w.drum(vec3(0.0, height, 0.0), 0.035, [radius, radius], 0.025, wood);
        (radius * 0.6, radius * 0.6)
    } else {
        let half = vec3(w.dice.within(0.5..=0.62), 0.035, w.dice.within(0.32..=0.4));
        w.block(vec3(0.0, height, 0.0), half, 0.025, wood);
        let apron = vec3(half.x - 0.09, 0.035, half.z - 0.09);
        w.block(vec3(0.0, height - 0.06, 0.0), apron, 0.01, legs);
        (half.x - 0.08, half.z - 0.08)
    };
    if round && w.dice.chance(0.5) {
        w.limb([vec3(0.0, 0.06, 0.0), vec3(0.0, height, 0.0)], [0.06, 0.05], legs);
        w.drum(vec3(0.0, 0.03, 0.0), 0.03, [0.27, 0.2], 0.025, legs);
    } else {
        let splay = w.dice.within(0.0..=0.07);
        let mark = w.mark();
        let ends = [vec3(x + splay, 0.026, z + splay), vec3(x, height, z)];
        w.limb(ends, [0.026, 0.042], legs);
        w.mirror(mark, Vec3::X);
        w.mirror(mark, Vec3::Z);
    }
}

pub(super) fn lamp(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let body = if w.dice.chance(0.5) { w.glaze(hex) } else { w.metal(BRASS) };
    let shade_hex = w.dice.pick(&[CREAM, WHITE, 0xF7_DD_92, 0xF3_B7_A0, 0xBF_DC_D0]);
    let shade = w.cloth(shade_hex);
    let bulb = w.glaze(0xFF_F3_C4);
    let shade_low = w.dice.within(0.34..=0.42);
    let shade_high = shade_low * w.dice.within(0.5..=0.72);
    let neck = w.dice.within(0.52..=0.66);
    let half = w.dice.within(0.17..=0.22);
    w.drum(vec3(0.0, 0.03, 0.0), 0.03, [0.2, 0.17], 0.025, body);
    if w.dice.chance(0.5) {
        let belly = w.dice.within(0.14..=0.19);
        w.egg(vec3(0.0, 0.06 + belly, 0.0), vec3(belly, belly * 1.15, belly), body).melted(0.05);
    } else {
        for share in [0.3, 0.6] {
            w.ball(vec3(0.0, neck * share, 0.0), 0.06, body).melted(0.03);
        }
    }
    w.limb([vec3(0.0, 0.05, 0.0), vec3(0.0, neck + 0.1, 0.0)], [0.035, 0.025], body).melted(0.04);
    // The shade is hollow from below, and its bulb shows.
    let middle = neck + half;
    let steep = (shade_low - shade_high) / (2.0 * half);
    let profile = [
        [shade_low, -half],
        [shade_high, half],
        [shade_high - 0.025, half],
        [shade_low - 0.025 - steep * 0.01, -half],
    ];
    w.lathe(vec3(0.0, middle, 0.0), &profile, 0.008, shade);
    w.drum(vec3(0.0, middle + half * 0.8, 0.0), 0.012, [shade_high, shade_high], 0.0, shade);
    w.ball(vec3(0.0, middle - half * 0.2, 0.0), 0.09, bulb);
}

pub(super) fn clock(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let case = w.paint(hex);
    let face = w.matte(WHITE);
    let ink = w.matte(CHARCOAL);
    let metal_hex = w.dice.pick(&[BRASS, STEEL]);
    let metal = w.metal(metal_hex);
    let red = w.matte(RED);
    let centre = vec3(0.0, 0.5, 0.0);
    let deep = w.dice.within(0.09..=0.15);
    w.drum(centre, deep, [0.42, 0.42], 0.04, case).turned(about_x(FRAC_PI_2));
    w.drum(centre + Vec3::Z * (deep - 0.005), 0.012, [0.355, 0.355], 0.005, face)
        .turned(about_x(FRAC_PI_2));
    let front = deep + 0.012;
    for hour in 0..12u8 {
        let angle = PI / 6.0 * f32::from(hour);
        let [x, y] = on_circle(0.3, angle);
        let half =
            if hour % 3 == 0 { vec3(0.014, 0.036, 0.006) } else { vec3(0.009, 0.018, 0.006) };
        w.block(centre + vec3(x, y, front), half, 0.004, ink).turned(about_z(-angle));
    }
    let (hour, minute) = (w.dice.within(0.0..=12.0), w.dice.whole(0..=11));
    let minute = PI / 6.0 * f32::from(u8::try_from(minute).unwrap_or(0));
    for (angle, length, thick, coat) in
        [(PI / 6.0 * hour, 0.17, 0.018, ink), (minute, 0.25, 0.013, red)]
    {
        let [x, y] = on_circle(length, angle);
        let from = centre + Vec3::Z * (front + 0.02);
        w.limb([from, from + vec3(x, y, 0.0)], [thick, thick * 0.8], coat);
    }
    w.ball(centre + Vec3::Z * (front + 0.02), 0.03, ink);
    let mark = w.mark();
    w.limb([vec3(0.27, 0.02, 0.0), vec3(0.2, 0.2, 0.0)], [0.035, 0.045], metal);
    if w.dice.chance(0.75) {
        // Two bells and a handle: an alarm clock.
        w.egg(vec3(0.22, 0.95, 0.0), vec3(0.15, 0.1, 0.13), metal).turned(about_z(-0.45));
        w.limb([vec3(0.17, 0.84, 0.0), vec3(0.2, 0.92, 0.0)], [0.03, 0.03], metal);
        w.mirror(mark, Vec3::X);
        w.ring(vec3(0.0, 0.94, 0.0), [0.14, 0.022], 1.3, metal);
    } else {
        w.mirror(mark, Vec3::X);
    }
}
