//! Light, backdrop and camera for pictures, and the picture of one thing.

use core::f32::consts::PI;

use glam::{Mat3, Vec3, vec2, vec3};
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Seed,
    colour::{ROOMS, contrast, srgb},
    curve::{about_x, about_y, about_z},
    kinds::{self, props},
    label::Seen,
    scene::{Backdrop, Camera, Light, Material, Pattern, Scene, Span, Thing, What},
    seed::Dice,
    workshop::{Stock, reach},
};

/// Streams of a seed: one purpose each.
pub(crate) mod stream {
    pub const FORM: u64 = 0;
    pub const POSE: u64 = 1;
    pub const STAGE: u64 = 2;
    pub const CLUTTER: u64 = 3;
    pub const DEAL: u64 = 4;
    pub const REFERENCE: u64 = 5;
}

/// What a picture of one thing may hold besides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tile {
    /// The thing alone, on a calm ground.
    Plain,
    /// Other things about it and, now and then, something before it.
    Busy,
}

/// What an occluder leaves visible of a tile's subject at least.
pub(crate) const VISIBLE: f32 = 0.72;

/// The picture of one thing, which is the scene's first.
pub fn tile(seed: Seed, kind: Kind, style: Tile) -> Scene {
    let mut stock = Stock::default();
    let parts = kinds::build(kind, &mut seed.dice(stream::FORM), &mut stock);
    let mut pose = seed.dice(stream::POSE);
    let facing = f32::from(kind.facing_degrees());
    let yaw = pose.within(-facing..=facing);
    let roll = if kind.facing_degrees() < 180 { pose.within(-6.0..=6.0) } else { 0.0 };
    let subject = Thing {
        what: What::Kind(kind),
        parts,
        at: Vec3::ZERO,
        axes: about_y(radians(yaw)) * about_z(radians(roll)),
        scale: 1.0,
    };
    let mut dice = seed.dice(stream::STAGE);
    let own = mean_colour(&stock, parts);
    let backdrop = backdrop(&mut dice, &mut stock, own);
    let light = light(&mut dice, 0.0);
    let elevation = radians(dice.within(8.0..=32.0));
    let axes = looking(0.0, elevation);
    let fill = dice.within(0.78..=0.9);
    let mut camera = framed(axes, &[subject], &stock, 1.0, fill);
    let slack = (0.95 - fill) * 0.5 * camera.half_height;
    let shift = vec2(pose.within(-slack..=slack), pose.within(-slack..=slack));
    camera.axes = axes * about_y(shift.x) * about_x(shift.y);
    let mut scene = assemble(stock, vec![subject], camera, light, backdrop);
    if style == Tile::Busy {
        furnish(&mut scene, &mut seed.dice(stream::CLUTTER));
    }
    scene
}

/// Puts clutter about the first thing and perhaps an occluder before it. An
/// occluder that hides too much is taken away again.
fn furnish(scene: &mut Scene, dice: &mut Dice) {
    let towards_eye = {
        let eye = scene.camera.eye.with_y(0.0);
        eye.normalize_or(Vec3::Z)
    };
    let aside = vec3(towards_eye.z, 0.0, -towards_eye.x);
    if dice.chance(0.25) {
        let at = aside * dice.within(-0.1..=0.1);
        let scale = dice.within(1.25..=1.7);
        add_prop(scene, at, 0.0, scale, |stock| props::rug(dice, stock));
    }
    for _ in 0..dice.whole(0..=3) {
        let out = dice.within(0.62..=1.15) * if dice.chance(0.5) { 1.0 } else { -1.0 };
        let at = aside * out + towards_eye * dice.within(-0.9..=0.25);
        let (yaw, scale) = (dice.within(0.0..=2.0 * PI), dice.within(0.12..=0.24));
        add_prop(scene, at, yaw, scale, |stock| props::clutter(dice, stock));
    }
    if dice.chance(0.4) {
        let before = scene.clone();
        let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let at = aside * (side * dice.within(0.08..=0.36)) + towards_eye * dice.within(0.62..=0.8);
        let (yaw, scale) = (dice.within(0.0..=2.0 * PI), dice.within(0.5..=0.95));
        add_prop(scene, at, yaw, scale, |stock| props::occluder(dice, stock));
        if Seen::of(scene, 0, 64, 64).share < VISIBLE {
            *scene = before;
        }
    }
}

fn add_prop(
    scene: &mut Scene,
    at: Vec3,
    yaw: f32,
    scale: f32,
    build: impl FnOnce(&mut Stock) -> Span,
) {
    let mut stock = Stock {
        parts: core::mem::take(&mut scene.parts),
        points: core::mem::take(&mut scene.points),
        materials: core::mem::take(&mut scene.materials),
    };
    let parts = build(&mut stock);
    scene.things.push(Thing { what: What::Prop, parts, at, axes: about_y(yaw), scale });
    Stock { parts: scene.parts, points: scene.points, materials: scene.materials } = stock;
}

pub(crate) fn assemble(
    stock: Stock,
    things: Vec<Thing>,
    camera: Camera,
    light: Light,
    backdrop: Backdrop,
) -> Scene {
    let Stock { parts, points, materials } = stock;
    Scene { camera, light, backdrop, things, parts, points, materials }
}

pub(crate) fn radians(degrees: f32) -> f32 {
    degrees * (PI / 180.0)
}

/// A camera's axes: right, up and forward, from an azimuth about `y` (0 looks
/// along `-z`) and an elevation above the floor.
pub(crate) fn looking(azimuth: f32, elevation: f32) -> Mat3 {
    let turn = about_y(azimuth) * about_x(-elevation);
    Mat3::from_cols(turn.x_axis, turn.y_axis, -turn.z_axis)
}

/// How far a thing reaches along a direction, in the scene.
pub(crate) fn thing_reach(thing: &Thing, stock: &Stock, n: Vec3) -> f32 {
    let parts = &stock.parts[thing.parts.range()];
    thing.at.dot(n) + thing.scale * reach(parts, &stock.points, thing.axes.transpose() * n)
}

/// A camera that sees all of some things within `fill` of the picture, whose
/// half width is `aspect` times its half height.
pub(crate) fn framed(
    axes: Mat3,
    things: &[Thing],
    stock: &Stock,
    aspect: f32,
    fill: f32,
) -> Camera {
    let half_height = 0.26;
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

/// A lamp from the front on one side, and a sky.
pub(crate) fn light(dice: &mut Dice, camera_azimuth: f32) -> Light {
    let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
    let azimuth = camera_azimuth + side * radians(dice.within(22.0..=68.0));
    let elevation = radians(dice.within(40.0..=62.0));
    let towards = -looking(azimuth, elevation).z_axis;
    // From morning to evening: the warmer the lamp, the cooler the sky.
    let warm = dice.unit();
    let strength = dice.within(0.92..=1.12);
    let lamp = vec3(1.0, 0.97, 0.93).lerp(vec3(1.0, 0.86, 0.7), warm) * strength;
    let sky = vec3(0.5, 0.52, 0.55).lerp(vec3(0.42, 0.47, 0.58), warm);
    let bounce = vec3(0.34, 0.32, 0.3) * dice.within(0.85..=1.1);
    Light { towards, lamp, sky, bounce, crispness: dice.within(5.0..=11.0) }
}

/// A floor and what it fades into, in colours that a thing of colour `own`
/// stands out from.
pub(crate) fn backdrop(dice: &mut Dice, stock: &mut Stock, own: Vec3) -> Backdrop {
    let base = (0..3)
        .map(|_| srgb(dice.pick(ROOMS)) * 0.9)
        .max_by(|a, b| contrast(*a, own).total_cmp(&contrast(*b, own)))
        .expect("three are drawn");
    let (pattern, accent, frequency) = match dice.whole(0..=6) {
        0 => (Pattern::Boards, base * 0.78, dice.within(2.2..=3.4)),
        1 => (Pattern::Checks, base * 0.88, dice.within(1.2..=2.0)),
        2 => (Pattern::Clouds, base * 0.86, dice.within(1.2..=2.4)),
        3 => (Pattern::Weave, base * 0.86, dice.within(5.0..=8.0)),
        _ => (Pattern::Plain, base, 1.0),
    };
    let gloss = if dice.chance(0.3) { 0.35 } else { 0.0 };
    let floor = Material { pattern, base, accent, frequency, gloss, metal: 0.0, wear: 0.0 };
    stock.materials.push(floor);
    let floor = u32::try_from(stock.materials.len() - 1).expect("a scene has few materials");
    let horizon = if dice.chance(0.55) {
        // A cove: the floor runs into the wall.
        base * vec3(1.0, 0.99, 0.98)
    } else {
        srgb(dice.pick(ROOMS)) * 0.92
    };
    let zenith = horizon.lerp(srgb(dice.pick(ROOMS)), 0.45) * 0.92;
    let start = dice.within(4.2..=5.5);
    Backdrop { floor, horizon, zenith, fade: [start, start + dice.within(1.5..=4.0)] }
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
