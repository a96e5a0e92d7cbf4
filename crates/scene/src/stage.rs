//! The camera, and what every picture is composed of.

use glam::{Mat3, Vec3, vec2, vec3};

use crate::{
    Seed, decor,
    scene::{Camera, Scene, Span, Thing},
    workshop::{Stock, reach},
};

/// Streams of a seed, one per purpose.
pub(crate) mod stream {
    pub const FORM: u64 = 0;
    pub const POSE: u64 = 1;
    pub const STAGE: u64 = 2;
    pub const CLUTTER: u64 = 3;
    pub const DEAL: u64 = 4;
    pub const REFERENCE: u64 = 5;
    pub const DRESS: u64 = 6;
}

/// A scene of things whose parts are in `stock`, with the light, the room and
/// the finish of one purpose of a seed. `own` is the colour that has to stand
/// out.
pub(crate) fn staged(
    seed: Seed,
    purpose: u64,
    mut stock: Stock,
    things: Vec<Thing>,
    camera: Camera,
) -> Scene {
    let mut dice = seed.dice(purpose);
    let own = things.first().map_or(Vec3::ZERO, |thing| mean_colour(&stock, thing.parts));
    let mut backdrop = decor::backdrop(&mut dice, &mut stock, own);
    if let Some(wall) = &mut backdrop.wall {
        let back = things.iter().map(|thing| thing_reach(thing, &stock, -wall.normal));
        wall.distance = back.fold(wall.distance, |far, back| far.max(back + 0.1));
    }
    let light = decor::light(&mut dice);
    let look = decor::look(&mut dice);
    let Stock { parts, points, materials } = stock;
    Scene { camera, light, backdrop, look, things, parts, points, materials }
}

impl Scene {
    /// Adds a thing; `build` returns its parts.
    pub(crate) fn add(&mut self, mut thing: Thing, build: impl FnOnce(&mut Stock) -> Span) {
        let mut stock = Stock {
            parts: core::mem::take(&mut self.parts),
            points: core::mem::take(&mut self.points),
            materials: core::mem::take(&mut self.materials),
        };
        thing.parts = build(&mut stock);
        self.things.push(thing);
        Stock { parts: self.parts, points: self.points, materials: self.materials } = stock;
    }
}

/// How far a thing reaches along a direction, in the scene.
pub(crate) fn thing_reach(thing: &Thing, stock: &Stock, n: Vec3) -> f32 {
    let parts = &stock.parts[thing.parts.range()];
    thing.at.dot(n) + thing.scale * reach(parts, &stock.points, thing.axes.transpose() * n)
}

/// The shape of a picture and how much of it is filled.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub aspect: f32,
    /// At distance 1: a wide lens is 0.4, a long one 0.15.
    pub half_height: f32,
    pub fill: f32,
}

/// A camera that sees all of some things within `fill` of the picture, whose
/// half width is `aspect` times its half height.
pub(crate) fn framed(axes: Mat3, things: &[Thing], stock: &Stock, frame: Frame) -> Camera {
    let Frame { aspect, half_height, fill } = frame;
    let limit = vec2(aspect, 1.0) * (half_height * fill);
    // For an eye at (x, y, z) in camera axes, a point p is not too far right
    // when p.x - x ≤ limit.x (p.z - z): a plane through the eye. The nearest
    // eye is where such planes touch the things on opposite sides.
    let tight = |x: f32, y: f32| {
        let n = axes * vec3(x, y, -limit.x * x.abs() - limit.y * y.abs());
        things.iter().map(|thing| thing_reach(thing, stock, n)).fold(f32::MIN, f32::max)
    };
    let (right, left) = (tight(1.0, 0.0), tight(-1.0, 0.0));
    let (up, down) = (tight(0.0, 1.0), tight(0.0, -1.0));
    let back = ((right + left) / (2.0 * limit.x)).max((up + down) / (2.0 * limit.y));
    let eye = axes * vec3((right - left) * 0.5, (up - down) * 0.5, -back);
    Camera { eye, axes, half_height }
}

/// The mean of the colours that a thing's parts have.
pub(crate) fn mean_colour(stock: &Stock, parts: Span) -> Vec3 {
    let parts = &stock.parts[parts.range()];
    let count = f32::from(u16::try_from(parts.len()).unwrap_or(u16::MAX)).max(1.0);
    let sum = parts
        .iter()
        .map(|part| stock.materials[part.material as usize].base)
        .fold(Vec3::ZERO, |sum, colour| sum + colour);
    sum / count
}
