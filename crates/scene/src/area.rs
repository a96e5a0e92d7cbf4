//! The challenge `area`: point at the one thing of a kind in a wide picture.

use core::f32::consts::PI;

use glam::{Vec3, vec3};
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Scene, Seed,
    curve::about_y,
    kinds::{self, props},
    label::Seen,
    scene::{Span, Thing, What},
    seed::Dice,
    stage::{assemble, backdrop, framed, light, looking, mean_colour, radians, stream},
    workshop::{Stock, reach},
};

/// A wide picture and where the answer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// What is asked for; exactly one thing is of this kind.
    pub target: Kind,
    /// To be drawn at 3 : 2.
    pub scene: Scene,
    /// The index of the thing to point at: its mask is the answer.
    pub answer: u8,
}

/// What the asked thing shows at least of itself.
const VISIBLE: f32 = 0.6;
/// What it covers at least of the picture.
const COVERED: f32 = 0.012;
/// Arrangements that are tried. One in about eight fails, so that a picture
/// below these limits is dealt once in 10¹¹; it is then the best of those.
const ATTEMPTS: usize = 12;

impl Area {
    /// Deals a picture of five to eight things.
    #[expect(clippy::missing_panics_doc, reason = "the expectations state why none happens")]
    pub fn deal(seed: Seed) -> Self {
        let mut dice = seed.dice(stream::DEAL);
        let target = dice.pick(Kind::ALL);
        let count = dice.whole(5..=8);
        let mut kinds = vec![target];
        while kinds.len() < count {
            let kind = dice.pick(Kind::ALL);
            if !kind.resembles(target) && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        dice.shuffle(&mut kinds);
        let answer = kinds.iter().position(|&kind| kind == target).expect("it was put in");
        let mut best: Option<(f32, Scene)> = None;
        for _ in 0..ATTEMPTS {
            let scene = arranged(&kinds, dice.seed());
            let view = Seen::of(&scene, answer, 120, 80);
            // 1 where both limits are kept.
            let merit = (view.share / VISIBLE).min(view.covered / COVERED).min(1.0);
            if best.as_ref().is_none_or(|(best, _)| merit > *best) {
                best = Some((merit, scene));
            }
            if merit >= 1.0 {
                break;
            }
        }
        let (_, scene) = best.expect("the first attempt is better than none");
        Self { target, scene, answer: u8::try_from(answer).expect("eight things at most") }
    }
}

/// Things of these kinds on a floor, in places that do not overlap.
fn arranged(kinds: &[Kind], seed: Seed) -> Scene {
    let mut stock = Stock::default();
    let mut form = seed.dice(stream::FORM);
    let mut dice = seed.dice(stream::POSE);
    let places = places(&mut dice, kinds.len());
    let mut things: Vec<Thing> = kinds
        .iter()
        .zip(places)
        .map(|(&kind, at)| {
            let facing = f32::from(kind.facing_degrees()).min(120.0);
            let yaw = radians(dice.within(-facing..=facing));
            let parts = kinds::build(kind, &mut form, &mut stock);
            let scale = dice.within(0.9..=1.1) * evened(&stock, parts);
            Thing { what: What::Kind(kind), parts, at, axes: about_y(yaw), scale }
        })
        .collect();
    let mut stage = seed.dice(stream::STAGE);
    let own = mean_colour(&stock, things[0].parts);
    let mut backdrop = backdrop(&mut stage, &mut stock, own);
    backdrop.fade = backdrop.fade.map(|distance| distance * 2.4);
    let axes = looking(0.0, radians(stage.within(26.0..=38.0)));
    let camera = framed(axes, &things, &stock, 1.5, 0.92);
    let light = light(&mut stage, 0.0);
    let mut clutter = seed.dice(stream::CLUTTER);
    let standing = things.clone();
    if clutter.chance(0.4) {
        let at = vec3(clutter.within(-1.0..=1.0), 0.0, clutter.within(-0.8..=0.4));
        let scale = clutter.within(1.6..=2.6);
        let parts = props::rug(&mut clutter, &mut stock);
        things.push(Thing { what: What::Prop, parts, at, axes: about_y(0.0), scale });
    }
    for _ in 0..clutter.whole(2..=6) {
        let at = vec3(clutter.within(-2.6..=2.6), 0.0, clutter.within(-2.2..=1.4));
        let scale = clutter.within(0.14..=0.28);
        if standing.iter().any(|thing| (thing.at - at).length() < 0.62 * thing.scale + scale) {
            continue;
        }
        let yaw = clutter.within(0.0..=2.0 * PI);
        let parts = props::clutter(&mut clutter, &mut stock);
        things.push(Thing { what: What::Prop, parts, at, axes: about_y(yaw), scale });
    }
    assemble(stock, things, camera, light, backdrop)
}

/// What makes a stout thing (an apple) and a slender one (a key) of the same
/// largest extent look about as big as each other.
fn evened(stock: &Stock, parts: Span) -> f32 {
    let parts = &stock.parts[parts.range()];
    let size = |n: Vec3| reach(parts, &stock.points, n) + reach(parts, &stock.points, -n);
    let bulk = size(Vec3::X) * size(Vec3::Y) * size(Vec3::Z);
    (0.3 / bulk.sqrt().max(0.05)).sqrt().clamp(0.66, 1.08)
}

/// Places on the floor: two or three loose rows, so that few hide others.
fn places(dice: &mut Dice, count: usize) -> Vec<Vec3> {
    let mut places: Vec<Vec3> = Vec::with_capacity(count);
    let mut apart: f32 = 1.2;
    while places.len() < count {
        let at = vec3(dice.within(-1.6..=1.6), 0.0, dice.within(-1.6..=1.1));
        // Depth is foreshortened: distance along it counts for less.
        let far = |other: &Vec3| {
            let gap = (at - *other) * vec3(1.0, 0.0, 0.9);
            gap.length() >= apart
        };
        if places.iter().all(far) {
            places.push(at);
        } else {
            apart *= 0.997;
        }
    }
    places
}
