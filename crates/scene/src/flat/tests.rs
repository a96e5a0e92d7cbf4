//! Reads the rows as a shader does, and expects the same surfaces.

use glam::Mat3;

use super::*;
use crate::{Kind, Seed, Tile, seed::Dice, shape, solid::melt, tile};

/// The shape of a solid's rows.
fn shape_of(rows: &[Row; SOLID_ROWS]) -> Shape {
    let [a, b, c, d] = rows[5].map(f32::from_bits);
    let span = Span { start: rows[6][2], count: rows[6][3] };
    match rows[0][3] {
        0 => Shape::Ball { radii: Vec3::new(a, b, c) },
        1 => Shape::Block { half: Vec3::new(a, b, c), round: d },
        2 => Shape::Limb { length: a, foot: b, tip: c },
        3 => Shape::Drum { half: a, foot: b, tip: c, round: d },
        4 => Shape::Ring { major: a, minor: b, end: [c, d] },
        5 => Shape::Lathe { profile: span, round: b },
        6 => Shape::Plate { outline: span, half: a, round: b },
        7 => Shape::Wire { path: span, radius: a },
        word => panic!("no shape has the word {word}"),
    }
}

fn vector(row: Row) -> Vec3 {
    Vec3::from_array([row[0], row[1], row[2]].map(f32::from_bits))
}

/// The least distance of all things, without skipping any part.
fn distance(rows: &Rows, p: Vec3) -> f32 {
    let points: Vec<[f32; 2]> = rows
        .points
        .iter()
        .flat_map(|row| [[row[0], row[1]], [row[2], row[3]]])
        .map(|point| point.map(f32::from_bits))
        .collect();
    let (mut best, mut current, mut thing) = (f32::MAX, f32::MAX, u32::MAX);
    for solid in &rows.solids {
        if solid[6][0] != thing {
            best = best.min(current);
            (current, thing) = (f32::MAX, solid[6][0]);
        }
        let matrix = Mat3::from_cols(vector(solid[0]), vector(solid[1]), vector(solid[2]));
        let own = matrix * (p - vector(solid[3]));
        let d = shape::distance(&shape_of(solid), &points, own) * f32::from_bits(solid[3][3]);
        current = match solid[1][3] {
            0 => current.min(d),
            1 => melt(current, d, f32::from_bits(solid[2][3])).0,
            2 => current.max(-d),
            word => panic!("no blend has the word {word}"),
        };
    }
    best.min(current)
}

fn somewhere(dice: &mut Dice) -> Vec3 {
    Vec3::new(dice.within(-1.0..=1.0), dice.within(-0.2..=1.2), dice.within(-1.0..=1.0))
}

#[test]
fn rows_hold_all_that_the_distances_need() {
    let mut dice = Seed::numbered(1).dice(0);
    for &kind in Kind::ALL {
        let scene = tile(Seed::numbered(2), kind, Tile::Busy);
        let (rows, solids) = (Rows::of(&scene), Solids::of(&scene));
        for _ in 0..200 {
            let p = somewhere(&mut dice);
            let (found, expected) =
                (distance(&rows, p), solids.distance(solids.all(), p, f32::MAX));
            // Skipping parts changes nothing near a surface. Far away the
            // first-order distance of an ellipsoid is less than its ball's;
            // deep inside only the sign matters.
            let far = found.min(expected) > 0.05;
            let inside = found < 0.0 && expected < 0.0;
            let same = (found - expected).abs() < 1e-5 || far || inside;
            assert!(same, "{} at {p}: {found}, not {expected}", kind.name());
        }
    }
}

#[test]
fn rows_count_what_the_scene_holds() {
    let scene = tile(Seed::numbered(5), Kind::Bicycle, Tile::Busy);
    let rows = Rows::of(&scene);
    assert_eq!(rows.solids.len(), scene.parts.len());
    assert_eq!(rows.frame[10][0] as usize, scene.parts.len());
    assert_eq!(rows.things.len(), scene.things.len());
    let parts: Vec<[u32; 2]> = rows.things.iter().map(|[_, n]| [n[0], n[1]]).collect();
    let spans = scene.things.iter().map(|thing| [thing.parts.start, thing.parts.count]);
    assert_eq!(parts, spans.collect::<Vec<_>>());
    assert_eq!(rows.materials.len(), scene.materials.len());
    assert_eq!(rows.points.len(), scene.points.len().div_ceil(2));
    let bytes = Rows::bytes(rows.solids.as_flattened());
    assert_eq!(bytes.len(), scene.parts.len() * SOLID_ROWS * 16);
}
