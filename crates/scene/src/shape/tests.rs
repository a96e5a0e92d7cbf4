//! Properties that every shape must have, for any numbers.

use glam::{Vec3, vec3};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::curve::arc_end;

/// A star-shaped outline, so that it never crosses itself.
const STAR: &[[f32; 2]] =
    &[[0.5, 0.0], [0.2, 0.25], [0.1, 0.6], [-0.15, 0.2], [-0.5, 0.1], [-0.2, -0.2], [0.1, -0.5]];

fn shapes() -> impl Strategy<Value = Shape> {
    let size = || 0.05f32..0.8;
    let span = Span { start: 0, count: 7 };
    prop_oneof![
        (size(), size(), size()).prop_map(|(x, y, z)| Shape::Ball { radii: vec3(x, y, z) }),
        (size(), size(), size(), 0.0f32..0.05)
            .prop_map(|(x, y, z, round)| Shape::Block { half: vec3(x, y, z), round }),
        (size(), size(), 0.0f32..0.9).prop_map(|(length, foot, lean)| Shape::Limb {
            length,
            foot,
            tip: (foot + length * (lean - 0.45)).max(0.001),
        }),
        (size(), size(), size(), 0.0f32..0.05).prop_map(|(half, foot, tip, round)| Shape::Drum {
            half,
            foot,
            tip,
            round
        }),
        (size(), 0.02f32..0.3, 0.2f32..4.0).prop_map(|(major, minor, half_angle)| Shape::Ring {
            major,
            minor,
            end: arc_end(half_angle)
        }),
        (0.0f32..0.1).prop_map(move |round| Shape::Lathe { profile: span, round }),
        (0.05f32..0.3, 0.0f32..0.05).prop_map(move |(half, round)| Shape::Plate {
            outline: span,
            half,
            round
        }),
        (0.01f32..0.2).prop_map(move |radius| Shape::Wire { path: span, radius }),
    ]
}

fn points() -> impl Strategy<Value = Vec3> {
    vec(-1.5f32..1.5, 3).prop_map(|v| vec3(v[0], v[1], v[2]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_distance_is_a_number_and_never_leaps(shape in shapes(), p in points(), q in points()) {
        let (at_p, at_q) = (distance(&shape, STAR, p), distance(&shape, STAR, q));
        prop_assert!(at_p.is_finite() && at_q.is_finite());
        if !matches!(shape, Shape::Ball { .. }) {
            prop_assert!((at_p - at_q).abs() <= (p - q).length() + 1e-4);
        }
    }

    #[test]
    fn a_point_inside_is_within_reach(shape in shapes(), p in points(), n in points()) {
        if distance(&shape, STAR, p) <= 0.0 {
            prop_assert!(p.dot(n) <= support(&shape, STAR, n) + 1e-4);
            let (low, high) = extent(&shape, STAR);
            prop_assert!(p.cmpge(low - 1e-4).all() && p.cmple(high + 1e-4).all());
        }
    }

    #[test]
    fn shapes_are_alike_on_both_sides_of_their_plane(shape in shapes(), p in points()) {
        let mirrored = p * vec3(1.0, 1.0, -1.0);
        let difference = distance(&shape, STAR, p) - distance(&shape, STAR, mirrored);
        prop_assert!(difference.abs() < 1e-6);
    }

    #[test]
    fn a_step_from_outside_never_passes_a_surface(shape in shapes(), p in points(), n in points()) {
        // The renderer takes 0.92 of a distance per step; ellipsoids may
        // overstate theirs when one axis is many times another.
        if matches!(shape, Shape::Ball { .. }) {
            return Ok(());
        }
        let d = distance(&shape, STAR, p);
        if d > 0.0 {
            let there = p + n.normalize_or(Vec3::X) * (d * 0.92);
            prop_assert!(distance(&shape, STAR, there) >= -1e-4);
        }
    }
}

#[test]
fn known_distances() {
    let far = vec3(3.0, 0.0, 0.0);
    for (shape, expected) in [
        (Shape::Ball { radii: Vec3::ONE }, 2.0),
        (Shape::Block { half: Vec3::ONE, round: 0.2 }, 2.0),
        (Shape::Limb { length: 1.0, foot: 0.5, tip: 0.5 }, 2.5),
        (Shape::Drum { half: 1.0, foot: 1.0, tip: 1.0, round: 0.1 }, 2.0),
        (Shape::Ring { major: 1.0, minor: 0.25, end: [0.0, -1.0] }, 1.75),
        (Shape::Plate { outline: Span { start: 0, count: 7 }, half: 0.2, round: 0.0 }, 2.5),
    ] {
        let found = distance(&shape, STAR, far);
        assert!((found - expected).abs() < 1e-5, "{shape:?}: {found}, not {expected}");
    }
}

#[test]
fn the_middle_of_a_ball_is_inside() {
    let shape = Shape::Ball { radii: vec3(0.3, 0.2, 0.5) };
    assert!((distance(&shape, &[], Vec3::ZERO) + 0.2).abs() < 1e-6);
}
