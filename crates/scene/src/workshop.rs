//! Builds things: adds parts, points and materials to a list, with dice for
//! everything that varies. `kinds` decides what is built.

use core::f32::consts::PI;

use glam::{Mat3, Vec3, vec3};

use crate::{
    colour::near,
    curve::{about_y, along, arc_end},
    scene::{Blend, Material, Part, Pattern, Shape, Span},
    seed::Dice,
    shape,
};

/// The index of a material.
pub(crate) type Coating = u32;

/// The lists that grow while things are built.
#[derive(Default)]
pub(crate) struct Stock {
    pub parts: Vec<Part>,
    pub points: Vec<[f32; 2]>,
    pub materials: Vec<Material>,
}

/// Builds one thing.
pub(crate) struct Workshop<'a> {
    pub dice: &'a mut Dice,
    stock: &'a mut Stock,
    start: usize,
    wear: f32,
}

impl Part {
    pub(crate) fn turned(&mut self, rotation: Mat3) -> &mut Self {
        self.axes = rotation * self.axes;
        self
    }

    pub(crate) fn melted(&mut self, reach: f32) -> &mut Self {
        self.blend = Blend::Melt { reach };
        self
    }

    pub(crate) fn carved(&mut self) -> &mut Self {
        self.blend = Blend::Carve;
        self
    }
}

impl<'a> Workshop<'a> {
    pub fn new(dice: &'a mut Dice, stock: &'a mut Stock) -> Self {
        let wear = if dice.chance(0.45) { dice.within(0.1..=0.45) } else { 0.0 };
        let start = stock.parts.len();
        Self { dice, stock, start, wear }
    }

    // Materials.

    /// A coating of any kind.
    pub fn coating(&mut self, material: Material) -> Coating {
        self.stock.materials.push(material);
        u32::try_from(self.stock.materials.len() - 1).expect("a scene has few materials")
    }

    fn plain(&mut self, hex: u32, gloss: f32, wear: f32) -> Coating {
        let base = near(self.dice, hex);
        self.coating(Material {
            pattern: Pattern::Plain,
            base,
            accent: base,
            frequency: 1.0,
            gloss,
            metal: 0.0,
            wear,
        })
    }

    /// A coating of satin paint.
    pub fn paint(&mut self, hex: u32) -> Coating {
        self.plain(hex, 0.4, self.wear)
    }

    /// A dull coating: clay, wax, petals, snow.
    pub fn matte(&mut self, hex: u32) -> Coating {
        self.plain(hex, 0.12, 0.0)
    }

    /// A glossy coating: glaze or glass.
    pub fn glaze(&mut self, hex: u32) -> Coating {
        self.plain(hex, 0.9, 0.0)
    }

    /// A coating of bare metal.
    pub fn metal(&mut self, hex: u32) -> Coating {
        let index = self.plain(hex, 0.75, self.wear * 0.6);
        self.stock.materials[index as usize].metal = 0.8;
        index
    }

    /// Wood whose fibres run along the parts' `y`.
    pub fn wood(&mut self, hex: u32) -> Coating {
        let base = near(self.dice, hex);
        let frequency = self.dice.within(7.0..=11.0);
        let wear = self.wear * 0.6;
        let accent = base * 0.68;
        self.coating(Material {
            pattern: Pattern::Grain,
            base,
            accent,
            frequency,
            gloss: 0.22,
            metal: 0.0,
            wear,
        })
    }

    /// A coating of woven cloth.
    pub fn cloth(&mut self, hex: u32) -> Coating {
        let base = near(self.dice, hex);
        self.coating(Material {
            pattern: Pattern::Weave,
            base,
            accent: base * 0.88 + 0.01,
            frequency: 26.0,
            gloss: 0.04,
            metal: 0.0,
            wear: 0.0,
        })
    }

    /// A coating with two colours in a pattern.
    pub fn patterned(&mut self, pattern: Pattern, hexes: [u32; 2], frequency: f32) -> Coating {
        let [base, accent] = hexes.map(|hex| near(self.dice, hex));
        self.coating(Material {
            pattern,
            base,
            accent,
            frequency,
            gloss: 0.3,
            metal: 0.0,
            wear: 0.0,
        })
    }

    /// Makes a coating shinier or duller.
    pub fn polish(&mut self, coating: Coating, gloss: f32) {
        self.stock.materials[coating as usize].gloss = gloss;
    }

    // Parts. Each returns the part, to be turned or melted.

    fn part(&mut self, shape: Shape, at: Vec3, material: Coating) -> &mut Part {
        let part = Part { shape, at, axes: Mat3::IDENTITY, material, blend: Blend::Join };
        self.stock.parts.push(part);
        self.stock.parts.last_mut().expect("one was pushed above")
    }

    pub fn ball(&mut self, at: Vec3, radius: f32, m: Coating) -> &mut Part {
        self.part(Shape::Ball { radii: Vec3::splat(radius) }, at, m)
    }

    pub fn egg(&mut self, at: Vec3, radii: Vec3, m: Coating) -> &mut Part {
        self.part(Shape::Ball { radii }, at, m)
    }

    pub fn block(&mut self, at: Vec3, half: Vec3, round: f32, m: Coating) -> &mut Part {
        let round = round.min(half.min_element());
        // The longest edge is the part's `y`, so that wood runs along it.
        let (half, axes) = if half.x > half.y && half.x >= half.z {
            (vec3(half.y, half.x, half.z), Mat3::from_cols(-Vec3::Y, Vec3::X, Vec3::Z))
        } else if half.z > half.y {
            (vec3(half.x, half.z, half.y), Mat3::from_cols(Vec3::X, Vec3::Z, -Vec3::Y))
        } else {
            (half, Mat3::IDENTITY)
        };
        let part = self.part(Shape::Block { half, round }, at, m);
        part.axes = axes;
        part
    }

    /// A limb from one point to another, with a radius at each.
    pub fn limb(&mut self, ends: [Vec3; 2], radii: [f32; 2], m: Coating) -> &mut Part {
        let [from, to] = ends;
        let [foot, tip] = radii;
        let length = (to - from).length().max((foot - tip).abs() * 1.02).max(1e-3);
        let part = self.part(Shape::Limb { length, foot, tip }, from, m);
        part.axes = along(to - from);
        part
    }

    /// An upright cylinder or cone; `radii` are those of bottom and top.
    pub fn drum(
        &mut self,
        at: Vec3,
        half: f32,
        radii: [f32; 2],
        round: f32,
        m: Coating,
    ) -> &mut Part {
        let [foot, tip] = radii;
        let round = round.min(half).min(foot).min(tip);
        self.part(Shape::Drum { half, foot, tip, round }, at, m)
    }

    /// A ring that faces `z`; `half_angle` around `+y`.
    pub fn ring(&mut self, at: Vec3, radii: [f32; 2], half_angle: f32, m: Coating) -> &mut Part {
        let [major, minor] = radii;
        let end = arc_end(half_angle);
        self.part(Shape::Ring { major, minor, end }, at, m)
    }

    pub fn lathe(&mut self, at: Vec3, profile: &[[f32; 2]], round: f32, m: Coating) -> &mut Part {
        let profile = self.span(profile);
        self.part(Shape::Lathe { profile, round }, at, m)
    }

    pub fn plate(
        &mut self,
        at: Vec3,
        outline: &[[f32; 2]],
        half: f32,
        round: f32,
        m: Coating,
    ) -> &mut Part {
        let outline = self.span(outline);
        self.part(Shape::Plate { outline, half, round: round.min(half) }, at, m)
    }

    pub fn wire(&mut self, at: Vec3, path: &[[f32; 2]], radius: f32, m: Coating) -> &mut Part {
        let path = self.span(path);
        self.part(Shape::Wire { path, radius }, at, m)
    }

    fn span(&mut self, points: &[[f32; 2]]) -> Span {
        let start = u32::try_from(self.stock.points.len()).expect("a scene has few points");
        self.stock.points.extend_from_slice(points);
        Span { start, count: u32::try_from(points.len()).expect("a shape has few points") }
    }

    // Groups of parts.

    /// A mark; the parts added after it can be mirrored, spun or turned as a
    /// group.
    pub fn mark(&self) -> usize {
        self.stock.parts.len()
    }

    /// Adds mirror images across the plane through the origin with this normal.
    /// Shapes are symmetric about their own `z`, so reversing that axis keeps
    /// the frame right-handed.
    pub fn mirror(&mut self, mark: usize, normal: Vec3) {
        let flip = |v: Vec3| v - normal * (2.0 * v.dot(normal));
        for index in mark..self.stock.parts.len() {
            let mut part = self.stock.parts[index];
            part.at = flip(part.at);
            let [x, y, z] = [part.axes.x_axis, part.axes.y_axis, part.axes.z_axis].map(flip);
            part.axes = Mat3::from_cols(x, y, -z);
            self.stock.parts.push(part);
        }
    }

    /// Repeats a group `times` times around `y`.
    pub fn spin(&mut self, mark: usize, times: u8) {
        let end = self.stock.parts.len();
        for turn in 1..times {
            let rotation = about_y(2.0 * PI * f32::from(turn) / f32::from(times));
            for index in mark..end {
                let mut part = self.stock.parts[index];
                part.at = rotation * part.at;
                part.axes = rotation * part.axes;
                self.stock.parts.push(part);
            }
        }
    }

    /// Moves a group: turns it about the origin, then shifts it.
    pub fn place(&mut self, mark: usize, rotation: Mat3, shift: Vec3) {
        for part in &mut self.stock.parts[mark..] {
            part.at = rotation * part.at + shift;
            part.axes = rotation * part.axes;
        }
    }

    /// Finishes the thing: it stands on `y = 0` (or `lift` above it), is
    /// centred, and its largest extent is 1. Returns its parts.
    pub fn finish(self, lift: f32) -> Span {
        let parts = &mut self.stock.parts[self.start..];
        let far = |n: Vec3| reach(parts, &self.stock.points, n);
        let low = -vec3(far(-Vec3::X), far(-Vec3::Y), far(-Vec3::Z));
        let high = vec3(far(Vec3::X), far(Vec3::Y), far(Vec3::Z));
        let scale = 1.0 / (high - low).max_element();
        let middle = (low + high) * 0.5;
        let shift = vec3(-middle.x, -low.y, -middle.z);
        let mut seen: Vec<u32> = Vec::new();
        for part in parts {
            part.at = (part.at + shift) * scale + Vec3::Y * lift;
            if let Blend::Melt { reach } = &mut part.blend {
                *reach *= scale;
            }
            if let Some(span) = part.shape.scaled(scale)
                && !seen.contains(&span.start)
            {
                seen.push(span.start);
                for point in &mut self.stock.points[span.range()] {
                    *point = point.map(|c| c * scale);
                }
            }
        }
        Span {
            start: u32::try_from(self.start).expect("a scene has few parts"),
            count: u32::try_from(self.stock.parts.len() - self.start).expect("few parts"),
        }
    }
}

/// How far some parts reach along a direction, in their thing's frame.
pub(crate) fn reach(parts: &[Part], points: &[[f32; 2]], n: Vec3) -> f32 {
    parts
        .iter()
        .filter(|part| part.blend != Blend::Carve)
        .map(|part| part.at.dot(n) + shape::support(&part.shape, points, part.axes.transpose() * n))
        .fold(f32::MIN, f32::max)
}
