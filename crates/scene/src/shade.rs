//! The light on a point: one soft lamp, a sky, light reflected by the floor,
//! and reflections of all three.

use glam::Vec3;

use crate::{
    scene::{Backdrop, Light},
    surface::{Coat, smooth},
};

/// A point and the light that reaches it.
pub(crate) struct Point {
    pub normal: Vec3,
    /// Unit vector from the eye.
    pub view: Vec3,
    pub coat: Coat,
    /// Share of the lamp that arrives.
    pub lit: f32,
    /// Share of the sky that arrives.
    pub open: f32,
}

/// The background colour in a direction.
pub(crate) fn distance_colour(backdrop: &Backdrop, towards: Vec3) -> Vec3 {
    backdrop.horizon.lerp(backdrop.zenith, smooth(-0.05, 0.55, towards.y))
}

/// The light that leaves a point towards the eye.
pub(crate) fn light(light: &Light, point: &Point) -> Vec3 {
    let Point { normal, view, coat, lit, open } = *point;
    // Wrapped a little beyond the terminator, as in clay.
    let facing = ((normal.dot(light.towards) + 0.12) / 1.12).max(0.0);
    let ambient = light.bounce.lerp(light.sky, 0.5 + 0.5 * normal.y);
    // In corners light bounces between surfaces of the same colour: dark places
    // keep their hue.
    let corner = Vec3::splat(open) + coat.colour * (0.45 * open * (1.0 - open));
    let fill = (-view.dot(normal)).max(0.0) * 0.12;
    let diffuse = light.lamp * (facing * lit) + ambient * corner + light.sky * (fill * open);
    let mut seen = coat.colour * diffuse * (1.0 - 0.55 * coat.metal);

    let mirror = view - normal * (2.0 * view.dot(normal));
    let grazing = (1.0 + view.dot(normal)).clamp(0.0, 1.0);
    let grazing = grazing * grazing * grazing * grazing * grazing;
    let tint = Vec3::splat(0.05).lerp(coat.colour, coat.metal);
    let share = (tint + (Vec3::ONE - tint) * (grazing * 0.6)) * coat.gloss;
    seen += share * surroundings(light, mirror) * open;

    let half = (light.towards - view).normalize_or_zero();
    let glint = normal.dot(half).max(0.0);
    seen +=
        light.lamp * highlight(glint, coat.gloss) * lit * Vec3::ONE.lerp(coat.colour, coat.metal);
    seen
}

/// The lamp's reflection: broad and weak on dull coats, small and strong on
/// glossy ones. Powers by squaring, so that no `pow` is involved.
fn highlight(glint: f32, gloss: f32) -> f32 {
    let p2 = glint * glint;
    let p4 = p2 * p2;
    let p16 = p4 * p4 * (p4 * p4);
    let p64 = p16 * p16 * (p16 * p16);
    let p256 = p64 * p64 * (p64 * p64);
    gloss * (0.07 * p16 + 0.3 * gloss * p64 + 0.5 * gloss * gloss * p256)
}

/// The surroundings that are reflected: floor, sky, and a soft box overhead.
fn surroundings(light: &Light, towards: Vec3) -> Vec3 {
    let base = light.bounce.lerp(light.sky, smooth(-0.3, 0.4, towards.y)) * 1.1;
    let panel = Vec3::new(-light.towards.z, 0.75, light.towards.x).normalize_or_zero();
    base + light.sky * (2.6 * smooth(0.72, 0.86, towards.dot(panel)))
}

/// From light to what a screen shows: a shoulder that keeps bright colours
/// from clipping (`x (1 + x / w²) / (1 + x)` with the white point at `w`),
/// scaled so that mid tones stay where they are painted.
pub(crate) fn exposed(light: Vec3) -> Vec3 {
    let x = light * 1.35;
    let shoulder = |v: f32| v * (1.0 + v / 4.4) / (1.0 + v * 0.75);
    Vec3::new(shoulder(x.x), shoulder(x.y), shoulder(x.z)).clamp(Vec3::ZERO, Vec3::ONE)
}
