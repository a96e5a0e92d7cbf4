//! The picture of one thing, alone or among others.

use core::f32::consts::PI;

use glam::{Mat3, Vec3, vec2, vec3};
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Scene, Seed,
    curve::{about_x, about_y, about_z, looking, radians},
    dress::dress,
    kinds::{self, props},
    label::Shown,
    scene::{Span, Thing, What},
    seed::Dice,
    stage::{Frame, framed, staged, stream, thing_reach},
    workshop::Stock,
};

/// What else a picture of one thing may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tile {
    /// Nothing else.
    Plain,
    /// Other things around it and, occasionally, something in front of it.
    Busy,
}

/// Smallest visible share of a tile's subject, measured with few pixels; a
/// finer measurement may find a few hundredths less.
const VISIBLE: f32 = 0.7;
/// Largest box around another thing, as a share of the subject's: no one should
/// have to wonder which of the two is meant.
const BESIDE: f32 = 0.45;
/// Width and height in pixels of that measurement.
const GLANCE: u32 = 48;

/// The picture of one thing, which is the scene's first.
pub fn tile(seed: Seed, kind: Kind, style: Tile) -> Scene {
    tile_without(seed, kind, style, kind)
}

/// The same, with nothing else in it that could be mistaken for `shunned`.
pub(crate) fn tile_without(seed: Seed, kind: Kind, style: Tile, shunned: Kind) -> Scene {
    let mut stock = Stock::default();
    let parts = kinds::build(kind, &mut seed.dice(stream::FORM), &mut stock);
    dress(&mut seed.dice(stream::DRESS), &mut stock, parts, kind);
    let mut pose = seed.dice(stream::POSE);
    let subject = posed(&mut pose, kind, parts, &stock);
    let elevation = radians(pose.within(4.0..=f32::from(kind.looked_down_degrees())));
    let axes = looking(0.0, elevation) * about_z(radians(pose.within(-8.0..=8.0)));
    let fill = pose.within(0.7..=0.92);
    // Few lenses are wide, because those distort forms the most.
    let lens = pose.unit();
    let half_height = 0.15 + 0.3 * lens * lens;
    let mut camera = framed(axes, &[subject], &stock, Frame { aspect: 1.0, half_height, fill });
    let slack = (0.95 - fill) * half_height;
    let shift = vec2(pose.within(-slack..=slack), pose.within(-slack..=slack));
    camera.axes = axes * about_y(shift.x) * about_x(shift.y);
    let mut scene = staged(seed, stream::STAGE, stock, vec![subject], camera);
    if style == Tile::Busy {
        furnish(&mut scene, &mut seed.dice(stream::CLUTTER), [kind, shunned]);
    }
    scene
}

/// A thing with a random turn and lean, perhaps mirrored, on the floor.
fn posed(dice: &mut Dice, kind: Kind, parts: Span, stock: &Stock) -> Thing {
    let facing = f32::from(kind.facing_degrees());
    let leaning = f32::from(kind.leaning_degrees());
    let yaw = about_y(radians(dice.within(-facing..=facing)));
    let roll = about_z(radians(dice.within(-leaning..=leaning)));
    let pitch = about_x(radians(dice.within(-0.4..=0.4) * leaning));
    let flip = if dice.chance(0.5) { 1.0 } else { -1.0 };
    let mirror = Mat3::from_diagonal(vec3(flip, 1.0, 1.0));
    let axes = yaw * roll * pitch * mirror;
    let mut thing = Thing { what: What::Kind(kind), parts, at: Vec3::ZERO, axes, scale: 1.0 };
    // A leaning thing must not sink into the floor.
    thing.at.y = thing_reach(&thing, stock, -Vec3::Y).max(0.0);
    thing
}

/// Adds other things around the first and perhaps one in front of it. Those
/// that hide too much of it, or look as large, are removed again.
fn furnish(scene: &mut Scene, dice: &mut Dice, shunned: [Kind; 2]) {
    let towards_eye = scene.camera.eye.with_y(0.0).normalize_or(Vec3::Z);
    let aside = vec3(towards_eye.z, 0.0, -towards_eye.x);
    let prop = |at: Vec3, yaw: f32, scale: f32| Thing {
        what: What::Prop,
        parts: Span { start: 0, count: 0 },
        at,
        axes: about_y(yaw),
        scale,
    };
    let wall = scene.backdrop.wall;
    let in_room = move |at: Vec3, size: f32| {
        wall.is_none_or(|wall| at.dot(wall.normal) + wall.distance > size * 0.55)
    };
    let somehow = |dice: &mut Dice| dice.within(0.0..=2.0 * PI);
    if dice.chance(0.25) {
        let at = aside * dice.within(-0.1..=0.1);
        let rug = prop(at, 0.0, dice.within(1.25..=1.7));
        scene.add(rug, |stock| props::rug(dice, stock));
    }
    for _ in 0..dice.whole(0..=4) {
        let out = dice.within(0.6..=1.2) * if dice.chance(0.5) { 1.0 } else { -1.0 };
        let at = aside * out + towards_eye * dice.within(-1.1..=0.3);
        let thing = prop(at, somehow(dice), dice.within(0.12..=0.3));
        if !in_room(at, thing.scale) {
            continue;
        }
        scene.add(thing, |stock| props::clutter(dice, stock));
    }
    for _ in 0..dice.whole(0..=2) {
        let kind = dice.pick(Kind::ALL);
        let out = dice.within(0.55..=1.05) * if dice.chance(0.5) { 1.0 } else { -1.0 };
        let at = aside * out + towards_eye * dice.within(-1.2..=0.15);
        let yaw = dice.within(-1.2..=1.2);
        let scale = dice.within(0.4..=0.85);
        if !in_room(at, scale) || shunned.iter().any(|other| other.resembles(kind)) {
            continue;
        }
        try_to(scene, |scene| {
            let thing = Thing { what: What::Kind(kind), ..prop(at, yaw, scale) };
            scene.add(thing, |stock| {
                let parts = kinds::build(kind, dice, stock);
                dress(dice, stock, parts, kind);
                parts
            });
        });
    }
    if dice.chance(0.45) {
        let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let at = aside * (side * dice.within(0.08..=0.4)) + towards_eye * dice.within(0.6..=0.8);
        let thing = prop(at, somehow(dice), dice.within(0.5..=1.0));
        try_to(scene, |scene| scene.add(thing, |stock| props::occluder(dice, stock)));
    }
}

/// Applies a change to a scene, and undoes it if the subject no longer stands
/// out.
fn try_to(scene: &mut Scene, change: impl FnOnce(&mut Scene)) {
    let before = scene.clone();
    change(scene);
    let shown = Shown::of(scene, GLANCE, GLANCE);
    let subject = shown.box_area(0);
    let beside = scene
        .things
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, thing)| thing.what != What::Prop)
        .all(|(index, _)| shown.box_area(index) <= subject * BESIDE);
    if !beside || shown.seen(scene, 0).share < VISIBLE {
        *scene = before;
    }
}
