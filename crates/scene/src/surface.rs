//! The colour of a surface at a point: patterns and wear, from integer hashes,
//! so that every renderer finds the same grain in the wood; and the shade of
//! leaves and blinds.

use glam::{IVec3, Vec2, Vec3};

use crate::scene::{Dapple, Material, Pattern, Screen};

/// Colour and reflection at a point.
#[derive(Clone, Copy)]
pub(crate) struct Coat {
    pub colour: Vec3,
    pub gloss: f32,
    pub metal: f32,
}

impl Coat {
    pub fn mixed(self, other: Self, share: f32) -> Self {
        Self {
            colour: self.colour.lerp(other.colour, share),
            gloss: self.gloss + (other.gloss - self.gloss) * share,
            metal: self.metal + (other.metal - self.metal) * share,
        }
    }
}

/// The coat of a material at a point in the part's own frame. `blur` is the
/// width of a pixel there: patterns finer than it fade to their mean.
pub(crate) fn coat(material: &Material, own: Vec3, blur: f32) -> Coat {
    let p = own * material.frequency;
    let detail = (1.0 - blur * material.frequency * 1.6).clamp(0.0, 1.0);
    let share = share(material.pattern, p);
    let share = 0.5 + (share - 0.5) * if material.pattern == Pattern::Plain { 1.0 } else { detail };
    let mut colour = material.base.lerp(material.accent, share);
    let mut gloss = material.gloss;
    if material.wear > 0.0 {
        // Small scuffs, paler than the coat: strong ones would read as camouflage.
        let scuff = noise(own * 11.0) * 0.6 + noise(own * 31.0) * 0.4;
        let worn = smooth(0.86 - material.wear * 0.55, 0.98 - material.wear * 0.55, scuff);
        colour = colour.lerp(colour * 0.82 + 0.1, worn * 0.6);
        gloss *= 1.0 - 0.7 * worn;
    }
    Coat { colour, gloss, metal: material.metal }
}

/// The share of the second colour, 0 to 1.
fn share(pattern: Pattern, p: Vec3) -> f32 {
    match pattern {
        Pattern::Plain => 0.0,
        Pattern::Grain => {
            let along = Vec3::new(p.x, p.y * 0.12, p.z);
            let rings = noise(along * 1.3) * 5.0 + p.x * 0.6;
            let band = (rings - rings.floor() - 0.5).abs() * 2.0;
            let fibre = noise(Vec3::new(p.x * 7.0, p.y * 0.5, p.z * 7.0));
            (band * 0.6 + fibre * 0.4).clamp(0.0, 1.0)
        }
        Pattern::Weave => {
            let thread = |at: f32| 1.0 - (at - at.floor() - 0.5).abs() * 2.0;
            (thread(p.x + p.z) * thread(p.y + 0.5)).clamp(0.0, 1.0)
        }
        Pattern::Bands => edge((p.y - p.y.floor() - 0.5).abs() - 0.25),
        Pattern::Dots => {
            let cell = p - p.floor() - 0.5;
            edge(cell.length() - 0.33)
        }
        Pattern::Speckle => smooth(0.62, 0.72, noise(p * 4.0)),
        Pattern::Checks => {
            let half = |at: f32| (at - at.floor() - 0.5).abs() - 0.25;
            let (x, z) = (edge(half(p.x)), edge(half(p.z)));
            x + z - 2.0 * x * z
        }
        Pattern::Boards => {
            let board = p.z.floor();
            let across = (p.z - board - 0.5).abs();
            let shade = hash(IVec3::new(whole(board), 7, 3));
            let fibre = noise(Vec3::new(p.x * 0.7, board * 5.0, p.z * 9.0));
            let joint = smooth(0.46, 0.49, across);
            (shade * 0.5 + fibre * 0.3 + joint * 0.9).min(1.0)
        }
        Pattern::Clouds => {
            let soft = noise(p) * 0.6 + noise(p * 2.3) * 0.3 + noise(p * 5.1) * 0.1;
            smooth(0.25, 0.75, soft)
        }
        Pattern::Gores => {
            // The fourth power of a unit complex number turns four times as
            // fast: no arc tangent is needed.
            let radius = (p.x * p.x + p.z * p.z).sqrt().max(1e-6);
            let (c, s) = (p.x / radius, p.z / radius);
            let (c, s) = (c * c - s * s, 2.0 * c * s);
            smooth(-0.08, 0.08, 2.0 * c * s)
        }
        Pattern::Stripes => edge((fract(p.x + p.z * 0.73) - 0.5).abs() - 0.25),
        Pattern::Cubes => {
            let half = |at: f32| edge((fract(at) - 0.5).abs() - 0.25);
            let both = |one: f32, other: f32| one + other - 2.0 * one * other;
            both(both(half(p.x), half(p.y)), half(p.z))
        }
        Pattern::Zigzag => {
            let up = (fract(p.x) - 0.5).abs() * 1.2;
            edge((fract(p.y + p.z + up) - 0.5).abs() - 0.25)
        }
        Pattern::Terrazzo => terrazzo(p) * 0.8 + terrazzo(p * 2.3 + 5.0) * 0.4,
        Pattern::Blotches => smooth(0.5, 0.56, noise(p) * 0.7 + noise(p * 2.1) * 0.3),
        Pattern::Tartan => {
            let band = |at: f32| edge((fract(at) - 0.5).abs() - 0.2);
            0.5 * band(p.x) + 0.5 * band(p.y + p.z)
        }
        Pattern::Fade => smooth(0.05, 0.95, (fract((p.y + p.z) * 0.5) - 0.5).abs() * 2.0),
        Pattern::Rings => edge((fract(p.length()) - 0.5).abs() - 0.25),
    }
    .clamp(0.0, 1.0)
}

fn fract(at: f32) -> f32 {
    at - at.floor()
}

/// One chip per cell, each with its own size and shade.
fn terrazzo(p: Vec3) -> f32 {
    let floor = p.floor();
    let cell = IVec3::new(whole(floor.x), whole(floor.y), whole(floor.z));
    let roll = |salt: i32| hash(cell + IVec3::splat(salt));
    let centre = Vec3::new(roll(101), roll(211), roll(307)) * 0.3 + 0.35;
    let radius = 0.16 + 0.24 * roll(401);
    let distance = (p - floor - centre).length();
    smooth(radius + 0.03, radius - 0.03, distance) * (0.4 + 0.6 * roll(503))
}

/// The share of the lamp that comes through its screen; `across` is a place in
/// the plane that faces the lamp.
pub(crate) fn dappled(dapple: &Dapple, across: Vec2) -> f32 {
    if dapple.depth <= 0.0 {
        return 1.0;
    }
    let at = across * dapple.frequency;
    let open = match dapple.screen {
        Screen::Leaves => {
            let p = Vec3::new(at.x, at.y, 0.5);
            smooth(0.36, 0.62, noise(p) * 0.62 + noise(p * 2.3) * 0.38)
        }
        Screen::Slats => smooth(-0.14, 0.14, 0.24 - (fract(at.y) - 0.5).abs()),
    };
    1.0 - dapple.depth * (1.0 - open)
}

/// 1 inside, 0 outside, with a soft edge.
fn edge(distance: f32) -> f32 {
    smooth(0.04, -0.04, distance)
}

/// Hermite's step from 0 at `from` to 1 at `to`.
pub(crate) fn smooth(from: f32, to: f32, at: f32) -> f32 {
    let share = ((at - from) / (to - from)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// Value noise in `0..=1`, one cell per unit.
pub(crate) fn noise(p: Vec3) -> f32 {
    let floor = p.floor();
    let f = p - floor;
    let f = f * f * (Vec3::splat(3.0) - f * 2.0);
    let cell = IVec3::new(whole(floor.x), whole(floor.y), whole(floor.z));
    let at = |x, y, z| hash(cell + IVec3::new(x, y, z));
    let lerp = |a: f32, b: f32, share: f32| a + (b - a) * share;
    let row = |y, z| lerp(at(0, y, z), at(1, y, z), f.x);
    lerp(lerp(row(0, 0), row(1, 0), f.y), lerp(row(0, 1), row(1, 1), f.y), f.z)
}

#[expect(clippy::cast_possible_truncation, reason = "saturates; patterns stay near the origin")]
fn whole(floor: f32) -> i32 {
    (floor as i32).clamp(-1_000_000, 1_000_000)
}

/// A lattice point's value in `0..1`: multiply, shift and xor of 32-bit
/// integers, which give the same result everywhere.
#[expect(clippy::cast_precision_loss, reason = "24 bits fit an f32 exactly")]
pub(crate) fn hash(cell: IVec3) -> f32 {
    let mixed = cell.x.cast_unsigned().wrapping_mul(0x8DA6_B343)
        ^ cell.y.cast_unsigned().wrapping_mul(0xD816_3841)
        ^ cell.z.cast_unsigned().wrapping_mul(0xCB1A_B31F);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    let mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39);
    ((mixed ^ (mixed >> 15)) >> 8) as f32 / 16_777_216.0
}
