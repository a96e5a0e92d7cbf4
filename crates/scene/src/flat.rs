//! The description as rows of four words, for a GPU: what a WGSL renderer
//! binds as storage buffers of `array<vec4<u32>>` and reads with
//! `bitcast<f32>` where a word is a number. The CPU renderer measures the same
//! solids in the same order, so both find the same surfaces.

use glam::Vec3;

use crate::{
    scene::{Backdrop, Blend, Dapple, Material, Scene, Shape, Span},
    solid::{Group, Solid, Solids},
};

/// Four words: `f32` bits unless said otherwise.
pub type Row = [u32; 4];

/// Rows of a picture's frame, see [`Rows::frame`].
pub const FRAME_ROWS: usize = 17;
/// Rows of a thing, see [`Rows::things`].
pub const THING_ROWS: usize = 2;
/// Rows of a solid, see [`Rows::solids`].
pub const SOLID_ROWS: usize = 7;
/// Rows of a material, see [`Rows::materials`].
pub const MATERIAL_ROWS: usize = 3;

/// A scene in the form of buffers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Camera, light and backdrop:
    /// `0` eye, half height · `1` right · `2` up · `3` forward ·
    /// `4` towards the lamp, crispness · `5` lamp · `6` sky · `7` bounce ·
    /// `8` horizon, fade start · `9` zenith, fade end ·
    /// `10` words: solids, floor material, things, wall material plus one (0 is
    /// no wall) · `11` turns of floor and wall as sine and cosine · `12` the
    /// wall's normal and distance · `13` dapple: screen (word), frequency,
    /// depth, 0 · `14` gain, contrast · `15` lift, saturation · `16` vignette,
    /// grain, grain seed (word), 0.
    pub frame: [Row; FRAME_ROWS],
    /// Per thing: `0` centre and radius of the ball that holds it · `1` words:
    /// first solid, solids, 0, 0.
    pub things: Vec<[Row; THING_ROWS]>,
    /// Per solid, in scene coordinates:
    /// `0..=2` columns of the matrix into its own frame, and in their fourth
    /// places the words of the shape and the blend, and the reach of `Melt` in
    /// scene lengths · `3` origin, scale · `4` centre and radius of the ball
    /// that holds all it can change · `5` the shape's numbers · `6` words:
    /// thing, material, first point, points.
    ///
    /// Own coordinates are `matrix * (p - origin)`; a distance there
    /// times `scale` is one in the scene. Solids of one thing follow each
    /// other and blend in order; things join by the least distance.
    pub solids: Vec<[Row; SOLID_ROWS]>,
    /// Per material: `0` base, pattern (word) · `1` accent, frequency ·
    /// `2` gloss, metal, wear, 0.
    pub materials: Vec<[Row; MATERIAL_ROWS]>,
    /// Two corners to a row, the last row filled with zeros.
    pub points: Vec<Row>,
}

impl Rows {
    /// Converts a scene to rows.
    ///
    /// # Panics
    /// Panics if the scene holds 65,536 things or more.
    /// If a scene holds 65,536 things or more.
    pub fn of(scene: &Scene) -> Self {
        let Scene { camera, light, backdrop, look, .. } = scene;
        let solids = Solids::of(scene);
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let frame = [
            row(camera.eye, camera.half_height),
            row(camera.axes.x_axis, 0.0),
            row(camera.axes.y_axis, 0.0),
            row(camera.axes.z_axis, 0.0),
            row(light.towards, light.crispness),
            row(light.lamp, 0.0),
            row(light.sky, 0.0),
            row(light.bounce, 0.0),
            row(backdrop.horizon, backdrop.fade[0]),
            row(backdrop.zenith, backdrop.fade[1]),
            [
                count(solids.list.len()),
                backdrop.floor.material,
                count(scene.things.len()),
                backdrop.wall.map_or(0, |wall| wall.sheet.material + 1),
            ],
            turns(backdrop),
            backdrop.wall.map_or([0; 4], |wall| row(wall.normal, wall.distance)),
            dapple(&light.dapple),
            row(look.gain, look.contrast),
            row(look.lift, look.saturation),
            [look.vignette.to_bits(), look.grain.to_bits(), look.grain_seed, 0],
        ];
        Self {
            frame,
            things: solids.groups.iter().map(thing).collect(),
            solids: solids.list.iter().map(solid).collect(),
            materials: scene.materials.iter().map(material).collect(),
            points: scene.points.chunks(2).map(pair).collect(),
        }
    }

    /// Any of the buffers as bytes, in WGSL's little-endian order.
    pub fn bytes<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
        rows.into_iter().flatten().flat_map(|word| word.to_le_bytes()).collect()
    }
}

fn row(v: Vec3, fourth: f32) -> Row {
    [v.x, v.y, v.z, fourth].map(f32::to_bits)
}

fn turns(backdrop: &Backdrop) -> Row {
    let [sine, cosine] = backdrop.floor.turn;
    let [wall_sine, wall_cosine] = backdrop.wall.map_or([0.0, 1.0], |wall| wall.sheet.turn);
    [sine, cosine, wall_sine, wall_cosine].map(f32::to_bits)
}

fn dapple(dapple: &Dapple) -> Row {
    [dapple.screen as u32, dapple.frequency.to_bits(), dapple.depth.to_bits(), 0]
}

fn pair(corners: &[[f32; 2]]) -> Row {
    let [x, y] = corners[0];
    let [z, w] = corners.get(1).copied().unwrap_or_default();
    [x, y, z, w].map(f32::to_bits)
}

fn thing(group: &Group) -> [Row; THING_ROWS] {
    let first = u32::try_from(group.balls.start).unwrap_or(u32::MAX);
    let solids = u32::try_from(group.balls.len()).unwrap_or(u32::MAX);
    [row(group.centre, group.radius), [first, solids, 0, 0]]
}

fn solid(solid: &Solid) -> [Row; SOLID_ROWS] {
    let (blend, reach) = match solid.blend {
        Blend::Join => (0, 0.0),
        Blend::Melt { reach } => (1, reach * solid.scale),
        Blend::Carve => (2, 0.0),
    };
    let (shape, numbers, span) = shape(&solid.shape);
    let turn = solid.to_own;
    let tagged = |v: Vec3, tag: u32| [v.x.to_bits(), v.y.to_bits(), v.z.to_bits(), tag];
    [
        tagged(turn.x_axis, shape),
        tagged(turn.y_axis, blend),
        row(turn.z_axis, reach),
        row(solid.origin, solid.scale),
        row(solid.ball.centre, solid.ball.radius),
        numbers.map(f32::to_bits),
        [u32::from(solid.thing), solid.material, span.start, span.count],
    ]
}

/// The word of a shape, its numbers, and its corners.
fn shape(shape: &Shape) -> (u32, [f32; 4], Span) {
    let none = Span { start: 0, count: 0 };
    match *shape {
        Shape::Ball { radii } => (0, radii.extend(0.0).to_array(), none),
        Shape::Block { half, round } => (1, half.extend(round).to_array(), none),
        Shape::Limb { length, foot, tip } => (2, [length, foot, tip, 0.0], none),
        Shape::Drum { half, foot, tip, round } => (3, [half, foot, tip, round], none),
        Shape::Ring { major, minor, end: [sine, cosine] } => {
            (4, [major, minor, sine, cosine], none)
        }
        Shape::Lathe { profile, round } => (5, [0.0, round, 0.0, 0.0], profile),
        Shape::Plate { outline, half, round } => (6, [half, round, 0.0, 0.0], outline),
        Shape::Wire { path, radius } => (7, [radius, 0.0, 0.0, 0.0], path),
    }
}

fn material(material: &Material) -> [Row; MATERIAL_ROWS] {
    let Material { pattern, base, accent, frequency, gloss, metal, wear } = *material;
    let [x, y, z, _] = row(base, 0.0);
    [[x, y, z, pattern as u32], row(accent, frequency), [gloss, metal, wear, 0.0].map(f32::to_bits)]
}

#[cfg(test)]
mod tests;
