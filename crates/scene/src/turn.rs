//! The challenge `turn`: turn a thing until it faces as a reference does.

use core::f32::consts::PI;

use glam::{Vec3, vec3};
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Scene, Seed,
    curve::{about_y, looking, radians},
    dress::dress,
    kinds::{self, props},
    scene::{Thing, What},
    stage::{Frame, framed, staged, stream},
    workshop::Stock,
};

/// A strip of views of one thing, and the reference that one of them matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The kind of the turned thing.
    pub kind: Kind,
    /// View 0; the others differ only in the position of the turntable that
    /// carries all its things.
    pub scene: Scene,
    /// Number of views, equally spaced.
    pub views: u8,
    /// Another thing of the kind, seen from another elevation, in another light
    /// and place.
    pub reference: Scene,
    /// Index of the view that faces as the reference does.
    pub answer: u8,
}

impl Turn {
    /// Deals a strip of `views` views. With 16, a guess passes in about 6 % of
    /// rounds, so several rounds are needed; with many more, neighbours are
    /// hard to tell apart.
    ///
    /// # Panics
    /// Panics if `views` is 0.
    pub fn deal(seed: Seed, views: u8) -> Self {
        assert!(views > 0, "a strip has views");
        let mut dice = seed.dice(stream::DEAL);
        let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.turns()).collect();
        let kind = dice.pick(&kinds);
        let start = dice.within(0.0..=2.0 * PI);
        let answer = dice.whole(0..=usize::from(views) - 1);
        let answer = u8::try_from(answer).expect("below `views`");
        let yaw = start + step(views) * f32::from(answer);
        let low = radians(dice.within(12.0..=20.0));
        let high = radians(dice.within(24.0..=32.0));
        let (strip, other) = if dice.chance(0.5) { (low, high) } else { (high, low) };
        let scene = table(seed, kind, start, strip, stream::STAGE);
        // Another thing of its kind beside other neighbours: with the same
        // thing, the view that looks most like the reference was right 19 times
        // in 20.
        let mut reference = table(dice.seed(), kind, yaw, other, stream::REFERENCE);
        // Lit from the opposite side of the strip.
        if scene.light.towards.x * reference.light.towards.x > 0.0 {
            reference.light.towards.x = -reference.light.towards.x;
        }
        Self { kind, scene, views, reference, answer }
    }

    /// The scene of a view, below `views`.
    pub fn view(&self, index: u8) -> Scene {
        let mut scene = self.scene.clone();
        let rotation = about_y(step(self.views) * f32::from(index));
        for thing in &mut scene.things {
            thing.axes = rotation * thing.axes;
            thing.at = rotation * thing.at;
        }
        scene
    }
}

/// The angle between neighbouring views, in radians.
fn step(views: u8) -> f32 {
    2.0 * PI / f32::from(views)
}

/// A thing and its two neighbours on a round table, with a camera that holds
/// them at any angle. The neighbours make each view different from those beside
/// it even where the thing alone is not.
fn table(seed: Seed, kind: Kind, yaw: f32, elevation: f32, purpose: u64) -> Scene {
    let mut stock = Stock::default();
    let parts = kinds::build(kind, &mut seed.dice(stream::FORM), &mut stock);
    dress(&mut seed.dice(stream::DRESS), &mut stock, parts, kind);
    let rotation = about_y(yaw);
    let mut dice = seed.dice(stream::POSE);
    let lid = 0.055;
    let on = |what: What, parts, at: Vec3, scale| {
        let at = rotation * (at + Vec3::Y * lid);
        Thing { what, parts, at, axes: rotation, scale }
    };
    let mut things = vec![on(What::Kind(kind), parts, Vec3::ZERO, 1.0)];
    let disc = props::turntable(&mut dice, &mut stock);
    things.push(on(What::Prop, disc, Vec3::Y * -lid, 1.36));
    // One neighbour near the front on one side, the other a third of a turn
    // further.
    let first = dice.within(0.0..=2.0 * PI);
    for angle in [first, first + dice.within(1.7..=2.5)] {
        let at = vec3(libm::sinf(angle), 0.0, libm::cosf(angle)) * 0.56;
        let scale = dice.within(0.2..=0.28);
        let parts = props::clutter(&mut dice, &mut stock);
        things.push(on(What::Prop, parts, at, scale));
    }
    let round = |turn: u8| {
        let rotation = about_y(PI / 12.0 * f32::from(turn));
        let turned = move |thing: &Thing| Thing {
            axes: rotation * thing.axes,
            at: rotation * thing.at,
            ..*thing
        };
        things[..2].iter().map(turned).collect::<Vec<_>>()
    };
    let all: Vec<Thing> = (0..24).flat_map(round).collect();
    let frame = Frame { aspect: 1.0, half_height: dice.within(0.34..=0.42), fill: 0.93 };
    let camera = framed(looking(0.0, elevation), &all, &stock, frame);
    let mut scene = staged(seed, purpose, stock, things, camera);
    if let Some(wall) = &mut scene.backdrop.wall {
        wall.distance = wall.distance.max(1.3);
    }
    scene
}
