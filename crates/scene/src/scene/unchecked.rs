//! A description that arrives from outside, and the rules by which it becomes a
//! [`Scene`]: every index within its list, every number of a size that the
//! renderers can compute with. A violation is refused during deserialisation,
//! so that no renderer has to check again.

use glam::{Mat3, Vec3};
use serde::Deserialize;
use thiserror::Error;

use super::{
    Backdrop, Blend, Camera, Light, Look, Material, Part, Scene, Shape, Sheet, Span, Thing,
};

/// The same fields as [`Scene`].
#[derive(Deserialize)]
pub(super) struct Unchecked {
    camera: Camera,
    light: Light,
    backdrop: Backdrop,
    look: Look,
    things: Vec<Thing>,
    parts: Vec<Part>,
    points: Vec<[f32; 2]>,
    materials: Vec<Material>,
}

/// Why a description is not a valid scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SceneError {
    /// More entries than a picture can be drawn with in reasonable time.
    #[error("a scene holds at most 254 things, 4,096 parts, 65,535 corners and 1,024 materials")]
    TooMuch,
    /// The things' parts are not consecutive runs.
    #[error("part ranges must be contiguous")]
    Parts,
    /// The index of a material is outside the list.
    #[error("a material is not in the scene")]
    Material,
    /// A run of corners is outside the list or too short for its shape.
    #[error("an outline lacks corners")]
    Corners,
    /// A number is not finite, far out of range, or negative where it must
    /// not be.
    #[error("a number is out of range")]
    Number,
    /// Axes do not have length 1 or are not at right angles.
    #[error("axes are not orthonormal")]
    Axes,
}

/// Lengths beyond this have no use in a scene; their squares still fit.
const FAR: f32 = 1000.0;
/// The smallest length that may be divided by.
const NEAR: f32 = 1e-4;

impl TryFrom<Unchecked> for Scene {
    type Error = SceneError;

    fn try_from(unchecked: Unchecked) -> Result<Self, SceneError> {
        let Unchecked { camera, light, backdrop, look, things, parts, points, materials } =
            unchecked;
        let scene = Self { camera, light, backdrop, look, things, parts, points, materials };
        scene.check()?;
        Ok(scene)
    }
}

impl Scene {
    fn check(&self) -> Result<(), SceneError> {
        let lengths =
            [self.things.len(), self.parts.len(), self.points.len(), self.materials.len()];
        if core::iter::zip(lengths, [254, 4096, 65_535, 1024]).any(|(found, most)| found > most) {
            return Err(SceneError::TooMuch);
        }
        self.check_stage()?;
        let mut next = 0;
        for thing in &self.things {
            let Span { start, count } = thing.parts;
            if start != next {
                return Err(SceneError::Parts);
            }
            next = start.checked_add(count).ok_or(SceneError::Parts)?;
            axes(&thing.axes)?;
            numbers(&[thing.at.x, thing.at.y, thing.at.z], -FAR)?;
            numbers(&[thing.scale], NEAR)?;
        }
        if u32::try_from(self.parts.len()) != Ok(next) {
            return Err(SceneError::Parts);
        }
        self.parts.iter().try_for_each(|part| self.check_part(part))?;
        self.points.iter().try_for_each(|point| numbers(point, -FAR))
    }

    fn check_stage(&self) -> Result<(), SceneError> {
        let Self { camera, light, backdrop, look, materials, .. } = self;
        axes(&camera.axes)?;
        numbers(&camera.eye.to_array(), -FAR)?;
        numbers(&[camera.half_height, light.crispness], NEAR)?;
        numbers(&[light.dapple.frequency, light.dapple.depth], 0.0)?;
        if !unit(light.towards.length()) {
            return Err(SceneError::Axes);
        }
        let colours = [light.lamp, light.sky, light.bounce, backdrop.horizon, backdrop.zenith];
        colours.iter().try_for_each(|colour| numbers(&colour.to_array(), 0.0))?;
        numbers(&backdrop.fade, 0.0)?;
        if backdrop.fade[1] - backdrop.fade[0] < NEAR {
            return Err(SceneError::Number);
        }
        self.sheet(backdrop.floor)?;
        if let Some(wall) = backdrop.wall {
            self.sheet(wall.sheet)?;
            numbers(&[wall.distance], 0.0)?;
            if !unit(wall.normal.length()) || wall.normal.y != 0.0 {
                return Err(SceneError::Axes);
            }
        }
        numbers(&look.gain.to_array(), 0.0)?;
        numbers(&look.lift.to_array(), -FAR)?;
        numbers(&[look.contrast, look.saturation, look.vignette, look.grain], 0.0)?;
        for m in materials {
            numbers(&m.base.to_array(), 0.0)?;
            numbers(&m.accent.to_array(), 0.0)?;
            numbers(&[m.frequency, m.gloss, m.metal, m.wear], 0.0)?;
        }
        Ok(())
    }

    fn sheet(&self, sheet: Sheet) -> Result<(), SceneError> {
        let [sine, cosine] = sheet.turn;
        if !unit(sine * sine + cosine * cosine) {
            return Err(SceneError::Axes);
        }
        self.material(sheet.material)
    }

    fn material(&self, index: u32) -> Result<(), SceneError> {
        if (index as usize) < self.materials.len() { Ok(()) } else { Err(SceneError::Material) }
    }

    fn check_part(&self, part: &Part) -> Result<(), SceneError> {
        axes(&part.axes)?;
        numbers(&part.at.to_array(), -FAR)?;
        self.material(part.material)?;
        if let Blend::Melt { reach } = part.blend {
            numbers(&[reach], NEAR)?;
        }
        match part.shape {
            Shape::Ball { radii } => numbers(&radii.to_array(), NEAR),
            Shape::Block { half, round } => {
                numbers(&(half - round).to_array(), -NEAR)?;
                numbers(&[half.x, half.y, half.z, round], 0.0)
            }
            Shape::Limb { length, foot, tip } => {
                numbers(&[length], NEAR)?;
                numbers(&[foot, tip], 0.0)
            }
            Shape::Drum { half, foot, tip, round } => {
                numbers(&[half - round, foot - round, tip - round], -NEAR)?;
                numbers(&[half, foot, tip, round], 0.0)
            }
            Shape::Ring { major, minor, end } => {
                numbers(&[major, minor], 0.0)?;
                let length = end[0] * end[0] + end[1] * end[1];
                if end[0] >= 0.0 && unit(length) { Ok(()) } else { Err(SceneError::Axes) }
            }
            Shape::Lathe { profile, round } => {
                self.corners(profile, 3)?;
                numbers(&[round], 0.0)
            }
            Shape::Plate { outline, half, round } => {
                self.corners(outline, 3)?;
                numbers(&[half, round], 0.0)?;
                numbers(&[half - round], -NEAR)
            }
            Shape::Wire { path, radius } => {
                self.corners(path, 2)?;
                numbers(&[radius], 0.0)
            }
        }
    }

    fn corners(&self, span: Span, least: u32) -> Result<(), SceneError> {
        let end = span.start.checked_add(span.count).ok_or(SceneError::Corners)?;
        let enough = span.count >= least && end as usize <= self.points.len();
        if enough { Ok(()) } else { Err(SceneError::Corners) }
    }
}

fn unit(length: f32) -> bool {
    (length - 1.0).abs() < 1e-3
}

/// Whether all are finite and between `least` and [`FAR`]; NaN is in no range.
fn numbers(list: &[f32], least: f32) -> Result<(), SceneError> {
    let fits = list.iter().all(|number| (least..=FAR).contains(number));
    if fits { Ok(()) } else { Err(SceneError::Number) }
}

fn axes(axes: &Mat3) -> Result<(), SceneError> {
    let product = axes.transpose() * *axes;
    let off = |column: Vec3, unit: Vec3| (column - unit).abs().max_element();
    let worst = off(product.x_axis, Vec3::X)
        .max(off(product.y_axis, Vec3::Y))
        .max(off(product.z_axis, Vec3::Z));
    if worst < 1e-3 { Ok(()) } else { Err(SceneError::Axes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Seed, Tile, tile};

    fn scene() -> Scene {
        tile(Seed::numbered(3), Kind::Scissors, Tile::Busy)
    }

    #[test]
    fn a_dealt_scene_keeps_every_rule() {
        for &kind in Kind::ALL {
            assert_eq!(tile(Seed::numbered(8), kind, Tile::Busy).check(), Ok(()));
        }
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        type Break = fn(&mut Scene);
        let breaks: [(Break, SceneError); 9] = [
            (|s| s.things = vec![s.things[0]; 255], SceneError::TooMuch),
            (|s| s.things[0].parts.count += 1, SceneError::Parts),
            (|s| s.things[0].parts.start = u32::MAX, SceneError::Parts),
            (|s| s.parts[0].material = 999, SceneError::Material),
            (|s| s.backdrop.floor.material = 999, SceneError::Material),
            (|s| s.points.clear(), SceneError::Corners),
            (|s| s.camera.eye.x = f32::NAN, SceneError::Number),
            (|s| s.things[0].scale = 0.0, SceneError::Number),
            (|s| s.parts[0].axes.x_axis *= 2.0, SceneError::Axes),
        ];
        for (index, (break_it, error)) in breaks.into_iter().enumerate() {
            let mut scene = scene();
            break_it(&mut scene);
            assert_eq!(scene.check(), Err(error), "break {index}");
        }
    }

    #[test]
    fn a_broken_description_is_refused_while_it_is_read() {
        let mut scene = scene();
        scene.parts[0].material = 999;
        let bytes = postcard::to_allocvec(&scene).expect("plain data encodes");
        assert!(postcard::from_bytes::<Scene>(&bytes).is_err());
    }
}
