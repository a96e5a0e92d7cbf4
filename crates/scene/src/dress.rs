//! Puts other colours and patterns on a finished thing: it must be recognisable
//! by its form, not by its coat.

use glam::Vec3;

use crate::{
    Kind,
    colour::{BRIGHT, CREAM, WHITE, contrast, near, srgb},
    scene::{Material, Pattern, Shape, Span},
    seed::Dice,
    shape,
    workshop::Stock,
};

const PRINTS: &[Pattern] = &[
    Pattern::Bands,
    Pattern::Dots,
    Pattern::Stripes,
    Pattern::Cubes,
    Pattern::Zigzag,
    Pattern::Terrazzo,
    Pattern::Blotches,
    Pattern::Tartan,
    Pattern::Fade,
    Pattern::Rings,
    Pattern::Speckle,
    Pattern::Clouds,
];

/// Perhaps repaints the largest one or two surfaces of a thing.
pub(crate) fn dress(dice: &mut Dice, stock: &mut Stock, parts: Span, kind: Kind) {
    let mut surfaces = surfaces(stock, parts);
    surfaces.sort_by(|a, b| b.1.total_cmp(&a.1));
    let coats = if dice.chance(0.3) { 2 } else { 1 };
    for (material, _) in surfaces.into_iter().take(coats) {
        let coat = &mut stock.materials[material as usize];
        if kind.any_colour() && dice.chance(0.35) {
            let hue = dice.pick(BRIGHT);
            coat.base = near(dice, hue).lerp(Vec3::splat(dice.unit()), dice.within(0.0..=0.4));
            coat.accent = coat.base;
            if coat.pattern == Pattern::Grain {
                coat.accent = coat.base * 0.75;
            }
        }
        if coat.pattern == Pattern::Plain && coat.metal < 0.5 && dice.chance(0.45) {
            print(dice, coat, kind);
        }
        if dice.chance(0.25) {
            coat.gloss = dice.within(0.0..=0.95);
        }
    }
}

fn print(dice: &mut Dice, coat: &mut Material, kind: Kind) {
    coat.pattern = dice.pick(PRINTS);
    if matches!(kind, Kind::Apple | Kind::Snowman | Kind::Balloon) {
        // On a thing with few parts, a loud print would hide what it is.
        coat.pattern = dice.pick(&[Pattern::Clouds, Pattern::Speckle, Pattern::Fade]);
    }
    coat.accent = if dice.chance(0.5) {
        coat.base * dice.within(0.6..=0.82)
    } else {
        let bright = dice.pick(BRIGHT);
        let hue = dice.pick(&[WHITE, CREAM, bright]);
        srgb(hue).lerp(coat.base, dice.within(0.25..=0.6))
    };
    if contrast(coat.accent, coat.base) < 0.05 {
        coat.accent = coat.base * 0.7;
    }
    coat.frequency = match coat.pattern {
        Pattern::Fade | Pattern::Clouds => dice.within(1.5..=4.0),
        Pattern::Speckle | Pattern::Terrazzo => dice.within(5.0..=11.0),
        Pattern::Blotches => dice.within(3.0..=8.0),
        _ => dice.within(3.5..=10.0),
    };
}

/// The materials of a thing's parts and about how much area each covers.
fn surfaces(stock: &Stock, parts: Span) -> Vec<(u32, f32)> {
    let mut found: Vec<(u32, f32)> = Vec::new();
    for part in &stock.parts[parts.range()] {
        let (low, high) = shape::extent(&part.shape, &stock.points);
        let size = high - low;
        let mut cover = size.x * size.y + size.y * size.z + size.z * size.x;
        if matches!(part.shape, Shape::Ring { .. } | Shape::Wire { .. }) {
            // Mostly hole.
            cover *= 0.3;
        }
        match found.iter_mut().find(|(material, _)| *material == part.material) {
            Some((_, sum)) => *sum += cover,
            None => found.push((part.material, cover)),
        }
    }
    found
}
