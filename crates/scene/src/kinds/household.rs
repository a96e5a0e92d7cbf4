//! Things found in a drawer or a corner.

use core::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec3, vec3};

use crate::{
    colour::{
        BRASS, BRIGHT, CHARCOAL, COPPER, CREAM, LEMON, MUSTARD, OAK, ORANGE, STEEL, TAN, WALNUT,
        WHITE,
    },
    curve::{about_x, about_y, about_z, bent},
    scene::Pattern,
    workshop::Workshop,
};

pub(super) fn candle(w: &mut Workshop) {
    let hex = w.dice.pick(&[CREAM, WHITE, 0xF3_C9_C9, 0xC9_DF_EE, 0xD9_3A_3F, MUSTARD]);
    let wax = w.matte(hex);
    let dish_hex = w.dice.pick(BRIGHT);
    let brass = hex != MUSTARD && w.dice.chance(0.5);
    let dish = if brass { w.metal(BRASS) } else { w.glaze(dish_hex) };
    let wick = w.matte(CHARCOAL);
    let flame = w.glaze(ORANGE);
    let core = w.glaze(LEMON);
    let thick = w.dice.within(0.1..=0.14);
    let top = w.dice.within(0.5..=0.72);
    w.lathe(
        Vec3::ZERO,
        &[[0.0, 0.02], [0.26, 0.02], [0.34, 0.1], [0.31, 0.1], [0.25, 0.05], [0.0, 0.05]],
        0.016,
        dish,
    );
    w.ring(vec3(0.42, 0.12, 0.0), [0.085, 0.022], PI, dish);
    w.drum(vec3(0.0, top * 0.5 + 0.03, 0.0), top * 0.5, [thick, thick * 0.95], 0.03, wax);
    for _ in 0..w.dice.whole(2..=4) {
        let angle = w.dice.within(0.0..=2.0 * PI);
        let out = vec3(libm::sinf(angle), 0.0, libm::cosf(angle)) * (thick * 0.95);
        let low = top - w.dice.within(0.1..=0.3);
        w.limb([out + Vec3::Y * low, out * 0.9 + Vec3::Y * top], [0.032, 0.024], wax).melted(0.03);
    }
    let base = vec3(0.0, top + 0.03, 0.0);
    w.limb([base, base + vec3(0.0, 0.07, 0.0)], [0.01, 0.01], wick);
    let lean = w.dice.within(-0.03..=0.03);
    w.limb([base + Vec3::Y * 0.11, base + vec3(lean, 0.26, 0.0)], [0.07, 0.01], flame);
    w.limb(
        [base + vec3(0.0, 0.1, 0.02), base + vec3(lean * 0.4, 0.17, 0.02)],
        [0.046, 0.012],
        core,
    );
}

pub(super) fn umbrella(w: &mut Workshop) {
    let one = w.dice.pick(BRIGHT);
    let canopy = if w.dice.chance(0.6) {
        let two = w.dice.pick(&[WHITE, CREAM, LEMON]);
        w.patterned(Pattern::Gores, [one, two], 1.0)
    } else {
        w.cloth(one)
    };
    let wood = w.wood(WALNUT);
    let metal = w.metal(STEEL);
    let flat = w.dice.within(0.72..=0.9);
    let hem = w.dice.within(0.62..=0.72);
    // A dome, hollowed, with a scalloped hem.
    w.egg(vec3(0.0, hem, 0.0), vec3(0.5, 0.5 * flat, 0.5), canopy).turned(about_y(PI / 8.0));
    w.egg(vec3(0.0, hem - 0.02, 0.0), vec3(0.485, 0.475 * flat, 0.485), canopy).carved();
    w.block(vec3(0.0, hem - 0.3, 0.0), vec3(0.6, 0.3, 0.6), 0.0, canopy).carved();
    let mark = w.mark();
    w.egg(vec3(0.0, hem, 0.5), vec3(0.165, 0.1, 0.2), canopy).carved();
    w.spin(mark, 8);
    let tip = hem + 0.5 * flat;
    w.limb([vec3(0.0, tip - 0.02, 0.0), vec3(0.0, tip + 0.09, 0.0)], [0.022, 0.012], metal);
    w.limb([vec3(0.0, 0.13, 0.0), vec3(0.0, tip, 0.0)], [0.017, 0.017], metal);
    w.ring(vec3(0.08, 0.13, 0.0), [0.08, 0.026], FRAC_PI_2, wood).turned(about_z(PI));
    w.limb([vec3(0.0, 0.13, 0.0), vec3(0.0, 0.28, 0.0)], [0.026, 0.024], wood);
}

pub(super) fn ladder(w: &mut Workshop) {
    let hex = w.dice.pick(&[OAK, TAN, WALNUT]);
    let paint = w.dice.pick(BRIGHT);
    let rail = if w.dice.chance(0.6) { w.wood(hex) } else { w.paint(paint) };
    let rung = if w.dice.chance(0.3) { w.metal(STEEL) } else { rail };
    let (low, high) = (w.dice.within(0.2..=0.25), w.dice.within(0.15..=0.19));
    let rungs = u8::try_from(w.dice.whole(5..=6)).unwrap_or(5);
    let steps = w.dice.chance(0.45);
    let lean = if steps { -0.24 } else { -0.16 };
    let mark = w.mark();
    w.limb([vec3(low, 0.03, 0.0), vec3(high, 1.1, lean)], [0.034, 0.03], rail);
    w.mirror(mark, Vec3::X);
    for step in 0..rungs {
        let share = (f32::from(step) + 0.7) / (f32::from(rungs) + 0.2);
        let (x, y, z) = (low + (high - low) * share, 1.1 * share, lean * share);
        if steps {
            w.block(vec3(0.0, y, z), vec3(x, 0.018, 0.05), 0.014, rung);
        } else {
            w.limb([vec3(-x, y, z), vec3(x, y, z)], [0.023, 0.023], rung);
        }
    }
    if steps {
        // The other half of a stepladder, hinged at the top.
        let mark = w.mark();
        w.limb([vec3(low, 0.03, -0.52), vec3(high, 1.08, lean)], [0.026, 0.024], rail);
        w.mirror(mark, Vec3::X);
        w.limb([vec3(-low, 0.35, -0.43), vec3(low, 0.35, -0.43)], [0.02, 0.02], rail);
        w.block(vec3(0.0, 1.11, lean), vec3(high + 0.05, 0.03, 0.08), 0.02, rail);
    }
}

pub(super) fn book(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let cover = w.paint(hex);
    let paper = w.matte(CREAM);
    let foil_hex = w.dice.pick(&[BRASS, WHITE, LEMON]);
    let foil = w.paint(foil_hex);
    let (wide, tall) = (w.dice.within(0.33..=0.4), w.dice.within(0.46..=0.52));
    let thick = w.dice.within(0.08..=0.14);
    let mark = w.mark();
    w.block(vec3(0.03, tall, 0.0), vec3(wide - 0.03, tall - 0.04, thick), 0.012, paper);
    w.block(vec3(0.0, tall, thick + 0.02), vec3(wide + 0.03, tall, 0.022), 0.018, cover);
    w.block(vec3(0.0, tall, -thick - 0.02), vec3(wide + 0.03, tall, 0.022), 0.018, cover);
    w.block(vec3(-wide - 0.02, tall, 0.0), vec3(0.03, tall, thick + 0.04), 0.03, cover);
    // A title on the front and bands on the spine.
    let front = thick + 0.042;
    let title = tall * w.dice.within(1.35..=1.5);
    w.block(vec3(0.02, title, front), vec3(wide * 0.6, 0.055, 0.006), 0.005, foil);
    w.block(vec3(0.02, title - 0.14, front), vec3(wide * 0.4, 0.025, 0.006), 0.005, foil);
    if w.dice.chance(0.6) {
        let size = wide * 0.3;
        w.drum(vec3(0.02, tall * 0.62, front), 0.006, [size, size], 0.004, foil)
            .turned(about_x(FRAC_PI_2));
    }
    for y in [0.25, 1.75] {
        w.block(vec3(-wide - 0.05, tall * y, 0.0), vec3(0.008, 0.02, thick + 0.02), 0.006, foil);
    }
    if w.dice.chance(0.5) {
        let ribbon = w.cloth(0xD9_3A_3F);
        w.block(vec3(wide * 0.4, 0.02, 0.0), vec3(0.03, 0.09, 0.008), 0.004, ribbon);
    }
    let lean = w.dice.within(-0.12..=0.12);
    // From the front alone it would look like any flat board.
    let aside = if w.dice.chance(0.5) { 0.5 } else { -0.5 };
    w.place(mark, about_y(aside) * about_z(lean), Vec3::ZERO);
}

pub(super) fn key(w: &mut Workshop) {
    let hex = w.dice.pick(&[BRASS, COPPER, STEEL, 0xE2_B8_3F]);
    let metal = w.metal(hex);
    let length = w.dice.within(0.62..=0.75);
    let thick = w.dice.within(0.042..=0.052);
    if w.dice.chance(0.5) {
        let major = w.dice.within(0.15..=0.19);
        w.ring(vec3(0.0, length + major, 0.0), [major, 0.055], PI, metal);
    } else {
        // Three small rings, as on an old door.
        for [x, y] in [[-0.12, 0.1], [0.12, 0.1], [0.0, 0.29]] {
            w.ring(vec3(x, length + y, 0.0), [0.1, 0.045], PI, metal).melted(0.03);
        }
    }
    w.limb([vec3(0.0, 0.03, 0.0), vec3(0.0, length, 0.0)], [thick, thick], metal).melted(0.03);
    for share in [0.88, 0.97] {
        w.drum(vec3(0.0, length * share, 0.0), 0.025, [0.08, 0.08], 0.02, metal);
    }
    let teeth = w.dice.whole(2..=3);
    for (tooth, y) in [0.07, 0.19, 0.31].into_iter().take(teeth).enumerate() {
        let reach = if tooth == 1 { 0.08 } else { w.dice.within(0.1..=0.13) };
        w.block(vec3(0.04 + reach, y, 0.0), vec3(reach, 0.04, 0.032), 0.015, metal);
    }
}

pub(super) fn hammer(w: &mut Workshop) {
    let wood_hex = w.dice.pick(&[OAK, TAN]);
    let wood = w.wood(wood_hex);
    let steel = w.metal(0x8E_96_A3);
    let grip_hex = w.dice.pick(BRIGHT);
    let grip = w.paint(grip_hex);
    let length = w.dice.within(0.85..=0.98);
    let head = length + 0.02;
    w.limb([vec3(0.0, 0.05, 0.0), vec3(0.0, head, 0.0)], [0.062, 0.045], wood);
    w.limb([vec3(0.0, 0.04, 0.0), vec3(0.0, length * 0.42, 0.0)], [0.07, 0.06], grip);
    w.block(vec3(0.0, head, 0.0), vec3(0.11, 0.085, 0.085), 0.03, steel);
    w.limb([vec3(0.0, head, 0.0), vec3(0.2, head, 0.0)], [0.06, 0.06], steel).melted(0.03);
    w.drum(vec3(0.27, head, 0.0), 0.06, [0.098, 0.105], 0.02, steel).turned(about_z(-FRAC_PI_2));
    // The claw: two prongs that bend down.
    let path = bent(&[[0.0, 0.0], [-0.16, 0.03], [-0.3, -0.03], [-0.38, -0.14]], 3);
    for z in [-1.0, 1.0] {
        w.wire(vec3(-0.04, head, z * 0.04), &path, 0.036, steel)
            .turned(about_y(z * 0.09))
            .melted(0.03);
    }
}

pub(super) fn scissors(w: &mut Workshop) {
    let hex = w.dice.pick(BRIGHT);
    let grip = w.paint(hex);
    let steel = w.metal(0xC4_CB_D4);
    let screw = w.metal(BRASS);
    let open = w.dice.within(0.2..=0.34);
    let blade = w.dice.within(0.56..=0.66);
    for side in [-1.0f32, 1.0] {
        let mark = w.mark();
        let z = side * 0.022;
        let outline =
            [[0.05, -0.16], [0.062, 0.05], [0.035, blade * 0.6], [-0.022, blade], [-0.03, -0.12]];
        let outline = outline.map(|[x, y]| [x * side, y]);
        w.plate(vec3(0.0, 0.0, z), &outline, 0.02, 0.008, steel);
        w.limb([vec3(0.02 * side, -0.1, z), vec3(0.05 * side, -0.26, z)], [0.04, 0.04], grip);
        w.ring(vec3(0.085 * side, -0.38, z), [0.12, 0.042], PI, grip);
        // The handles cross over to the other side below the screw.
        w.place(mark, about_z(side * open), Vec3::ZERO);
    }
    w.drum(vec3(0.0, 0.0, 0.045), 0.018, [0.04, 0.035], 0.01, screw).turned(about_x(FRAC_PI_2));
}
