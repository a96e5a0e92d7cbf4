//! The challenge `turn`: turn a thing until it faces as a reference does.

use core::f32::consts::PI;

use glam::Vec3;
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Scene, Seed,
    curve::about_y,
    kinds,
    scene::{Thing, What},
    seed::Dice,
    stage::{assemble, backdrop, framed, light, looking, mean_colour, radians, stream},
    workshop::Stock,
};

/// A strip of views of one thing, and the reference to match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What is turned.
    pub kind: Kind,
    /// View 0; the others differ only in how the thing stands.
    pub scene: Scene,
    /// How many views there are, equally spaced.
    pub views: u8,
    /// The same thing from another elevation, in another light and place.
    pub reference: Scene,
    /// The view that faces as the reference does.
    pub answer: u8,
}

impl Turn {
    /// Deals a strip of `views` views (24 at least keeps a guess near 4 %,
    /// so several rounds are needed).
    ///
    /// # Panics
    /// If `views` is 0.
    pub fn deal(seed: Seed, views: u8) -> Self {
        assert!(views > 0, "a strip has views");
        let mut dice = seed.dice(stream::DEAL);
        let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.turns()).collect();
        let kind = dice.pick(&kinds);
        let start = dice.within(0.0..=2.0 * PI);
        let answer = dice.whole(0..=usize::from(views) - 1);
        let answer = u8::try_from(answer).expect("below `views`");
        let yaw = start + step(views) * f32::from(answer);
        let low = radians(dice.within(10.0..=18.0));
        let high = radians(dice.within(28.0..=38.0));
        let (strip, other) = if dice.chance(0.5) { (low, high) } else { (high, low) };
        let mut stage = seed.dice(stream::STAGE);
        let scene = alone(seed, kind, start, strip, &mut stage);
        let mut stage = seed.dice(stream::REFERENCE);
        let mut reference = alone(seed, kind, yaw, other, &mut stage);
        // Lit from the other side than the strip.
        if scene.light.towards.x * reference.light.towards.x > 0.0 {
            reference.light.towards.x = -reference.light.towards.x;
        }
        Self { kind, scene, views, reference, answer }
    }

    /// The scene of a view, below `views`.
    pub fn view(&self, index: u8) -> Scene {
        let mut scene = self.scene.clone();
        let rotation = about_y(step(self.views) * f32::from(index));
        scene.things[0].axes = rotation * scene.things[0].axes;
        scene
    }
}

/// From one view to the next, in radians.
fn step(views: u8) -> f32 {
    2.0 * PI / f32::from(views)
}

/// One thing, with a camera that holds it however it is turned.
fn alone(seed: Seed, kind: Kind, yaw: f32, elevation: f32, stage: &mut Dice) -> Scene {
    let mut stock = Stock::default();
    let parts = kinds::build(kind, &mut seed.dice(stream::FORM), &mut stock);
    let what = What::Kind(kind);
    let thing = Thing { what, parts, at: Vec3::ZERO, axes: about_y(yaw), scale: 1.0 };
    let own = mean_colour(&stock, parts);
    let backdrop = backdrop(stage, &mut stock, own);
    let light = light(stage, 0.0);
    let turned = |turn: u8| Thing { axes: about_y(PI / 12.0 * f32::from(turn)), ..thing };
    let all: Vec<Thing> = (0..24).map(turned).collect();
    let camera = framed(looking(0.0, elevation), &all, &stock, 1.0, 0.9);
    assemble(stock, vec![thing], camera, light, backdrop)
}
