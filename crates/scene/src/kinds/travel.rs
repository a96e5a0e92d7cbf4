//! Vehicles and houses.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{
        BRICK, BRIGHT, CHARCOAL, CORAL, CREAM, LEMON, NAVY, OAK, ORANGE, RED, SKY, STEEL, TAN,
        TEAL, WALNUT, WHITE,
    },
    curve::{about_x, about_y, about_z, bent, on_circle, rounded},
    scene::Pattern,
    workshop::Workshop,
};

pub(super) fn car(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let body = w.paint(hex);
    w.polish(body, 0.7);
    let roof = if w.dice.chance(0.35) { w.paint(WHITE) } else { body };
    let glass = w.glaze(0x5E_86_A0);
    let tyre = w.matte(0x2E_31_38);
    let hub = w.metal(STEEL);
    let (lamp, rear) = (w.glaze(0xFF_F0_C0), w.glaze(RED));
    let chrome = w.metal(STEEL);
    let half = w.dice.within(0.56..=0.64);
    let wide = w.dice.within(0.25..=0.28);
    // The body and its cabin, the front towards +x.
    w.block(vec3(0.0, 0.27, 0.0), vec3(half, 0.14, wide), 0.1, body);
    let (back, front) = (w.dice.within(-0.44..=-0.32), w.dice.within(0.12..=0.2));
    let top = w.dice.within(0.62..=0.7);
    let cabin = [[back - 0.04, 0.38], [back + 0.08, top], [front - 0.12, top], [front + 0.1, 0.38]];
    w.plate(Vec3::ZERO, &cabin, wide - 0.02, 0.05, glass);
    let lid = [
        [back + 0.07, top - 0.05],
        [back + 0.09, top],
        [front - 0.13, top],
        [front - 0.1, top - 0.05],
    ];
    w.plate(vec3(0.0, 0.012, 0.0), &lid, wide - 0.005, 0.05, roof);
    let mark = w.mark();
    let z = wide + 0.028;
    let posts = [[back - 0.06, 0.38, back + 0.06, top], [front + 0.14, 0.38, front - 0.1, top]];
    for [x, y, to_x, to_y] in posts {
        w.limb([vec3(x, y, z - 0.045), vec3(to_x, to_y, z - 0.06)], [0.034, 0.03], roof);
    }
    let mid = (back + front) * 0.5;
    w.limb([vec3(mid, 0.38, z - 0.03), vec3(mid, top, z - 0.055)], [0.028, 0.026], roof);
    w.limb(
        [vec3(mid - 0.1, 0.32, z - 0.022), vec3(mid - 0.05, 0.32, z - 0.022)],
        [0.014, 0.014],
        chrome,
    );
    let axle = half * 0.58;
    for x in [-axle, axle] {
        w.drum(vec3(x, 0.135, wide - 0.03), 0.07, [0.135, 0.135], 0.035, tyre)
            .turned(about_x(FRAC_PI_2));
        w.drum(vec3(x, 0.135, wide + 0.035), 0.012, [0.075, 0.07], 0.01, hub)
            .turned(about_x(FRAC_PI_2));
    }
    w.ball(vec3(half - 0.03, 0.3, wide * 0.62), 0.062, lamp);
    w.ball(vec3(-half + 0.02, 0.31, wide * 0.66), 0.045, rear);
    w.mirror(mark, Vec3::Z);
    // A grille tells the front from the back.
    w.block(vec3(half - 0.006, 0.28, 0.0), vec3(0.012, 0.05, wide * 0.34), 0.01, tyre);
    for x in [half, -half] {
        w.limb([vec3(x, 0.19, -wide * 0.8), vec3(x, 0.19, wide * 0.8)], [0.034, 0.034], chrome);
    }
    if w.dice.chance(0.3) {
        let load = w.wood(OAK);
        w.block(vec3((back + front) * 0.5, top + 0.1, 0.0), vec3(0.17, 0.06, 0.16), 0.02, load);
    }
}

pub(super) fn bicycle(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let paint = w.paint(hex);
    let tyre = w.matte(0x35_38_40);
    let steel = w.metal(STEEL);
    let leather = w.matte(0x6B_42_2A);
    let radius = w.dice.within(0.28..=0.32);
    let reach = w.dice.within(0.44..=0.48);
    let spoke_turn = w.dice.within(0.0..=PI);
    for x in [-reach, reach] {
        let hub = vec3(x, radius + 0.03, 0.0);
        w.ring(hub, [radius, 0.032], PI, tyre);
        w.ring(hub, [radius - 0.032, 0.012], PI, steel);
        for spoke in 0..4u8 {
            let [dx, dy] = on_circle(radius - 0.03, spoke_turn + PI / 4.0 * f32::from(spoke));
            let end = vec3(dx, dy, 0.0);
            w.limb([hub - end, hub + end], [0.007, 0.007], steel);
        }
        w.drum(hub, 0.05, [0.035, 0.035], 0.01, steel).turned(about_x(FRAC_PI_2));
    }
    let y = radius + 0.03;
    let (rear, front) = (vec3(-reach, y, 0.0), vec3(reach, y, 0.0));
    let crank = vec3(-0.06, y - 0.03, 0.0);
    let seat = vec3(-0.2, y + 0.36, 0.0);
    let head = vec3(reach - 0.14, y + 0.36, 0.0);
    let thick = w.dice.within(0.027..=0.034);
    for ends in [
        [crank, seat],
        [crank, head - vec3(-0.02, 0.06, 0.0)],
        [seat - vec3(-0.01, 0.06, 0.0), head],
        [rear, crank],
        [rear, seat - vec3(-0.02, 0.05, 0.0)],
        [front, head],
    ] {
        w.limb(ends, [thick, thick], paint).melted(0.012);
    }
    w.limb([seat, seat + vec3(-0.03, 0.08, 0.0)], [0.02, 0.02], steel);
    w.limb([seat + vec3(-0.12, 0.1, 0.0), seat + vec3(0.09, 0.1, 0.0)], [0.055, 0.028], leather);
    let bar = head + vec3(-0.04, 0.12, 0.0);
    w.limb([head, bar], [0.024, 0.022], steel);
    let mark = w.mark();
    w.limb([bar, bar + vec3(0.02, 0.03, 0.17)], [0.02, 0.02], steel);
    w.limb([bar + vec3(0.02, 0.03, 0.17), bar + vec3(-0.1, 0.02, 0.2)], [0.026, 0.026], leather);
    w.mirror(mark, Vec3::Z);
    w.drum(crank, 0.016, [0.085, 0.085], 0.01, steel).turned(about_x(FRAC_PI_2));
    let [x, y] = on_circle(0.13, w.dice.within(0.0..=PI));
    for side in [-1.0, 1.0] {
        let from = crank + Vec3::Z * (0.045 * side);
        let end = from + vec3(x, y, 0.0) * side;
        w.limb([from, end], [0.016, 0.016], steel);
        w.block(end + Vec3::Z * (0.05 * side), vec3(0.055, 0.016, 0.045), 0.014, tyre);
    }
    if w.dice.chance(0.4) {
        let wicker = w.cloth(0xC9_9A_67);
        w.block(bar + vec3(0.15, -0.03, 0.0), vec3(0.1, 0.085, 0.13), 0.03, wicker);
    }
}

pub(super) fn boat(w: &mut Workshop) {
    let hex = w.dice.pick(&[BRICK, CORAL, TEAL, NAVY, SKY, RED, WALNUT]);
    let hull = w.paint(hex);
    w.polish(hull, 0.6);
    let deck = w.matte(TAN);
    let mast = w.wood(WALNUT);
    let sail_hex = w.dice.pick(&[WHITE, CREAM, LEMON, ORANGE, 0xF4_9A_B0]);
    let sail = if w.dice.chance(0.3) {
        w.patterned(Pattern::Bands, [WHITE, sail_hex], 5.0)
    } else {
        w.cloth(sail_hex)
    };
    let jib = w.cloth(WHITE);
    let flag_hex = w.dice.pick(BRIGHT);
    let flag = w.cloth(flag_hex);
    let deep = w.dice.within(0.2..=0.26);
    // Half an egg, pointed at the bow (+x) by a second, narrower one.
    w.egg(vec3(-0.08, deep, 0.0), vec3(0.42, deep, 0.21), hull);
    w.egg(vec3(0.12, deep + 0.02, 0.0), vec3(0.46, deep * 0.92, 0.15), hull).melted(0.06);
    w.block(vec3(0.0, deep + 0.3, 0.0), vec3(0.8, 0.3, 0.5), 0.0, hull).carved();
    w.egg(vec3(-0.08, deep, 0.0), vec3(0.37, 0.02, 0.17), deck);
    w.limb([vec3(0.12, deep, 0.0), vec3(0.5, deep + 0.005, 0.0)], [0.1, 0.03], deck);
    let top = deep + w.dice.within(0.82..=0.95);
    let x = 0.06;
    w.limb([vec3(x, deep - 0.05, 0.0), vec3(x, top, 0.0)], [0.026, 0.018], mast);
    w.limb([vec3(x, deep + 0.1, 0.0), vec3(-0.45, deep + 0.08, 0.0)], [0.018, 0.015], mast);
    let main =
        [[x - 0.03, deep + 0.13], [x - 0.03, top - 0.05], [-0.2, deep + 0.5], [-0.43, deep + 0.12]];
    w.plate(Vec3::ZERO, &main, 0.02, 0.015, sail).turned(about_y(0.12));
    let fore = [[x + 0.06, deep + 0.14], [x + 0.05, top - 0.14], [0.5, deep + 0.1]];
    w.plate(Vec3::ZERO, &fore, 0.018, 0.014, jib).turned(about_y(-0.12));
    let pennant = [[x, top - 0.005], [x - 0.17, top + 0.04], [x, top + 0.09]];
    w.limb([vec3(x, top, 0.0), vec3(x, top + 0.09, 0.0)], [0.014, 0.012], mast);
    w.plate(Vec3::ZERO, &pennant, 0.012, 0.008, flag);
}

pub(super) fn rocket(w: &mut Workshop) {
    let skin_hex = w.dice.pick(&[WHITE, CREAM, 0xD9_E2_EA, LEMON]);
    let skin = w.paint(skin_hex);
    w.polish(skin, 0.6);
    let hex = w.dice.pick(BRIGHT);
    let (nose, fin) = (w.paint(hex), w.paint(hex));
    let metal = w.metal(0x8E_96_A3);
    let glass = w.glaze(SKY);
    let (flame, core) = (w.glaze(ORANGE), w.glaze(LEMON));
    let wide = w.dice.within(0.17..=0.21);
    let flank = bent(
        &[[wide * 0.62, 0.2], [wide * 0.95, 0.38], [wide, 0.6], [wide * 0.74, 0.88], [0.0, 1.2]],
        3,
    );
    let cut = 11;
    let mut body = vec![[0.0, 0.2]];
    body.extend(&flank[..cut]);
    let seam = flank[cut - 1][1];
    body.push([0.0, seam]);
    w.lathe(Vec3::ZERO, &body, 0.01, skin);
    let mut tip = vec![[0.0, flank[cut - 2][1]]];
    tip.extend(&flank[cut - 2..]);
    w.lathe(Vec3::ZERO, &tip, 0.014, nose);
    w.drum(vec3(0.0, 0.18, 0.0), 0.05, [wide * 0.7, wide * 0.52], 0.015, metal);
    w.limb([vec3(0.0, 0.1, 0.0), vec3(0.0, 0.01, 0.0)], [wide * 0.42, 0.02], flame);
    w.ball(vec3(0.0, 0.1, 0.0), wide * 0.45, core);
    let mark = w.mark();
    let shape = [[wide * 0.7, 0.24], [wide * 0.9, 0.5], [wide + 0.13, 0.32], [wide + 0.15, 0.08]];
    w.plate(Vec3::ZERO, &rounded(&shape, 3), 0.028, 0.022, fin);
    let fins = w.dice.pick(&[3u8, 4]);
    w.spin(mark, fins);
    let mark = w.mark();
    let y = w.dice.within(0.66..=0.74);
    w.ring(vec3(0.0, y, wide * 0.93), [0.085, 0.024], PI, fin);
    w.egg(vec3(0.0, y, wide * 0.9), vec3(0.08, 0.08, 0.035), glass);
    w.spin(mark, 3);
    w.drum(vec3(0.0, 0.44, 0.0), 0.02, [wide + 0.006, wide + 0.008], 0.006, fin);
}

pub(super) fn house(w: &mut Workshop) {
    let wall_hex =
        w.dice.pick(&[CREAM, WHITE, 0xF3_D3_B0, 0xBF_D8_E0, 0xF2_C6_C0, 0xF4_E1_9C, SKY]);
    let wall = w.matte(wall_hex);
    let roof_hex = w.dice.pick(&[BRICK, CORAL, RED, TEAL, NAVY, 0x6B_5B_73]);
    let roof = w.paint(roof_hex);
    let door_hex = w.dice.pick(BRIGHT);
    let door = w.paint(door_hex);
    let (frame, pane) = (w.paint(WHITE), w.glaze(0x7F_B4_D0));
    let brick = w.patterned(Pattern::Bands, [BRICK, 0xB0_48_34], 16.0);
    let knob = w.metal(0xD8_AE_55);
    let (x, z) = (w.dice.within(0.38..=0.46), w.dice.within(0.3..=0.38));
    let tall = w.dice.within(0.4..=0.5);
    let peak = tall + w.dice.within(0.34..=0.46);
    let gable = [[-x, 0.0], [-x, tall], [0.0, peak], [x, tall], [x, 0.0]];
    w.plate(Vec3::ZERO, &gable, z, 0.01, wall);
    // Two slabs of roof that overhang.
    let slope = libm::atan2f(peak - tall, x);
    let run = libm::sqrtf(x * x + (peak - tall) * (peak - tall)) * 0.5 + 0.07;
    for side in [-1.0, 1.0] {
        let middle = vec3(side * (x * 0.5 + 0.035), (tall + peak) * 0.5 + 0.012, 0.0);
        w.block(middle, vec3(run, 0.035, z + 0.07), 0.02, roof).turned(about_z(-side * slope));
    }
    w.limb(
        [vec3(0.0, peak + 0.03, -z - 0.06), vec3(0.0, peak + 0.03, z + 0.06)],
        [0.035, 0.035],
        roof,
    );
    let side = if w.dice.chance(0.5) { 1.0 } else { -1.0 };
    let stack = vec3(side * x * 0.5, peak - 0.02, -z * 0.4);
    w.block(stack, vec3(0.07, 0.16, 0.07), 0.01, brick);
    w.block(stack + Vec3::Y * 0.16, vec3(0.085, 0.025, 0.085), 0.01, frame);
    let door_x = -side * x * w.dice.within(0.0..=0.45);
    w.block(vec3(door_x, 0.14, z), vec3(0.1, 0.15, 0.02), 0.008, frame);
    w.block(vec3(door_x, 0.13, z + 0.008), vec3(0.08, 0.14, 0.022), 0.008, door);
    w.ball(vec3(door_x + 0.05, 0.13, z + 0.034), 0.014, knob);
    let window = |w: &mut Workshop, at: Vec3, across: f32| {
        let mark = w.mark();
        w.block(Vec3::ZERO, vec3(0.085, 0.085, 0.018), 0.008, frame);
        w.block(vec3(0.0, 0.0, 0.006), vec3(0.065, 0.065, 0.018), 0.004, pane);
        w.block(vec3(0.0, 0.0, 0.01), vec3(0.009, 0.07, 0.019), 0.004, frame);
        w.block(vec3(0.0, 0.0, 0.01), vec3(0.07, 0.009, 0.019), 0.004, frame);
        w.place(mark, about_y(across), at);
    };
    if x - door_x.abs() > 0.1 {
        window(w, vec3(side * x * 0.55, 0.24, z), 0.0);
    }
    window(w, vec3(x, 0.25, 0.0), FRAC_PI_2);
    window(w, vec3(-x, 0.25, 0.05), -FRAC_PI_2);
    window(w, vec3(-side * x * 0.4, 0.26, -z), PI);
    w.drum(vec3(0.0, tall + 0.1, z), 0.018, [0.065, 0.065], 0.008, pane).turned(about_x(FRAC_PI_2));
    w.ring(vec3(0.0, tall + 0.1, z + 0.01), [0.068, 0.018], PI, frame);
    w.block(vec3(door_x, 0.012, z + 0.09), vec3(0.13, 0.014, 0.08), 0.01, frame);
    let bush = w.matte(if roof_hex == CHARCOAL { TEAL } else { 0x5B_A1_50 });
    w.ball(vec3(side * (x - 0.06), 0.05, z + 0.06), 0.085, bush);
}
