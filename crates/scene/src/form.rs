//! Shapes prepared for repeated distance queries: what depends only on a
//! shape's numbers is computed once.
//!
//! Each distance is a lower bound of the true one (exact except for `Ball` with
//! unequal axes), negative inside, and never NaN for finite input. Only
//! additions, multiplications, divisions and square roots are used: IEEE 754
//! makes them the same on every machine.

use core::ops::Range;

use glam::{Vec2, Vec3, vec2};

use crate::scene::{Shape, Span};

/// A shape together with the values derived from its numbers.
pub(crate) enum Form {
    Sphere { radius: f32 },
    Ball { radii: Vec3, inverse: Vec3 },
    Block { inner: Vec3, round: f32 },
    Limb { length: f32, foot: f32, tip: f32, lean: f32, upright: f32 },
    Drum { half: f32, foot: f32, tip: f32, round: f32, inverse: f32 },
    Ring { major: f32, minor: f32, end: Vec2 },
    Lathe { outline: Outline, round: f32 },
    Plate { outline: Outline, inner: f32, round: f32 },
    Wire { path: Outline, radius: f32 },
}

/// A run of edges and the box around them.
pub(crate) struct Outline {
    edges: Range<usize>,
    middle: Vec2,
    half: Vec2,
}

/// One edge of an outline or a path.
pub(crate) struct Edge {
    corner: Vec2,
    /// From the corner to the one before it.
    back: Vec2,
    /// One over its squared length.
    inverse: f32,
}

impl Form {
    /// Prepares a shape; its edges are added to a list.
    pub fn of(shape: &Shape, points: &[[f32; 2]], edges: &mut Vec<Edge>) -> Self {
        match *shape {
            Shape::Ball { radii } => {
                let bits = radii.to_array().map(f32::to_bits);
                if bits[0] == bits[1] && bits[1] == bits[2] {
                    Self::Sphere { radius: radii.x }
                } else {
                    Self::Ball { radii, inverse: radii.recip() }
                }
            }
            Shape::Block { half, round } => Self::Block { inner: half - round, round },
            Shape::Limb { length, foot, tip } => {
                // The cone touches both circles; its side leans by this sine.
                let lean = ((foot - tip) / length).clamp(-1.0, 1.0);
                let upright = (1.0 - lean * lean).max(0.0).sqrt();
                Self::Limb { length, foot, tip, lean, upright }
            }
            Shape::Drum { half, foot, tip, round } => {
                let (half, foot, tip) = (half - round, foot - round, tip - round);
                let side = vec2(tip - foot, 2.0 * half);
                let inverse = 1.0 / side.length_squared().max(1e-9);
                Self::Drum { half, foot, tip, round, inverse }
            }
            Shape::Ring { major, minor, end } => Self::Ring { major, minor, end: end.into() },
            Shape::Lathe { profile, round } => {
                Self::Lathe { outline: Outline::of(profile, points, Ends::Meet, edges), round }
            }
            Shape::Plate { outline, half, round } => {
                let outline = Outline::of(outline, points, Ends::Meet, edges);
                Self::Plate { outline, inner: half - round, round }
            }
            Shape::Wire { path, radius } => {
                Self::Wire { path: Outline::of(path, points, Ends::Apart, edges), radius }
            }
        }
    }

    /// Distance from `p`, in the shape's own frame. If it is `enough` or more,
    /// any number from `enough` up to it may be returned.
    pub fn distance(&self, edges: &[Edge], p: Vec3, enough: f32) -> f32 {
        match self {
            Self::Sphere { radius } => p.length() - radius,
            Self::Ball { radii, inverse } => ball(p, *radii, *inverse),
            Self::Block { inner, round } => rounded(p.abs() - *inner) - round,
            Self::Limb { length, foot, tip, lean, upright } => {
                let (x, y) = (radial(p), p.y);
                let along = y * upright - x * lean;
                if along < 0.0 {
                    vec2(x, y).length() - foot
                } else if along > upright * length {
                    vec2(x, y - length).length() - tip
                } else {
                    x * upright + y * lean - foot
                }
            }
            Self::Drum { half, foot, tip, round, inverse } => {
                drum(vec2(radial(p), p.y), [*half, *foot, *tip], *inverse) - round
            }
            Self::Ring { major, minor, end } => ring(p, *major, *end) - minor,
            Self::Lathe { outline, round } => {
                outline.closed(edges, vec2(radial(p), p.y), enough + round) - round
            }
            Self::Plate { outline, inner, round } => {
                let flat = outline.closed(edges, vec2(p.x, p.y), enough + round);
                let q = vec2(flat, p.z.abs() - inner);
                larger(q, Vec2::ZERO).length() + least(most(q.x, q.y), 0.0) - round
            }
            Self::Wire { path, radius } => {
                let flat = path.open(edges, vec2(p.x, p.y));
                (flat + p.z * p.z).sqrt() - radius
            }
        }
    }
}

/// Plain comparisons compile to one instruction; `f32::min` to several, for
/// NaN.
fn least(one: f32, other: f32) -> f32 {
    if one < other { one } else { other }
}

fn most(one: f32, other: f32) -> f32 {
    if one > other { one } else { other }
}

fn larger(one: Vec2, other: Vec2) -> Vec2 {
    vec2(most(one.x, other.x), most(one.y, other.y))
}

/// Distance to the octant of a box.
fn rounded(q: Vec3) -> f32 {
    let out = Vec3::new(most(q.x, 0.0), most(q.y, 0.0), most(q.z, 0.0));
    out.length() + least(most(most(q.x, q.y), q.z), 0.0)
}

fn radial(p: Vec3) -> f32 {
    (p.x * p.x + p.z * p.z).sqrt()
}

/// The first-order distance to an ellipsoid: its implicit function over the
/// length of the gradient.
fn ball(p: Vec3, radii: Vec3, inverse: Vec3) -> f32 {
    let scaled = p * inverse;
    let level = scaled.length();
    let slope = (scaled * inverse).length();
    // At the very centre the gradient vanishes; any point inside does as well.
    if slope < 1e-6 {
        return -radii.min_element();
    }
    // For a thin ellipsoid that falls far short; the ball around it does
    // better.
    most(level * (level - 1.0) / slope, p.length() - radii.max_element())
}

fn drum(q: Vec2, [half, foot, tip]: [f32; 3], inverse: f32) -> f32 {
    let rim = if q.y < 0.0 { foot } else { tip };
    let cap = vec2(most(q.x - rim, 0.0), q.y.abs() - half);
    let side = vec2(tip - foot, 2.0 * half);
    let from_foot = q - vec2(foot, -half);
    let share = most(least(from_foot.dot(side) * inverse, 1.0), 0.0);
    let edge = from_foot - side * share;
    let inside = edge.x < 0.0 && cap.y < 0.0;
    let nearest = least(edge.length_squared(), cap.length_squared()).sqrt();
    if inside { -nearest } else { nearest }
}

fn ring(p: Vec3, major: f32, end: Vec2) -> f32 {
    let flat = vec2(p.x.abs(), p.y);
    // Beyond the end of the arc the nearest point of it is that end.
    let across = if end.y * flat.x > end.x * flat.y { flat.dot(end) } else { flat.length() };
    most(p.length_squared() + major * major - 2.0 * major * across, 0.0).sqrt()
}

#[derive(Clone, Copy)]
enum Ends {
    Meet,
    Apart,
}

impl Outline {
    fn of(span: Span, points: &[[f32; 2]], ends: Ends, edges: &mut Vec<Edge>) -> Self {
        let start = edges.len();
        let corners = &points[span.range()];
        let mut previous = match ends {
            Ends::Meet => corners.last().copied(),
            Ends::Apart => None,
        };
        let (mut low, mut high) = (Vec2::splat(f32::MAX), Vec2::splat(f32::MIN));
        for &corner in corners {
            let at = Vec2::from(corner);
            (low, high) = (low.min(at), high.max(at));
            if let Some(previous) = previous {
                let back = Vec2::from(previous) - at;
                let inverse = 1.0 / back.length_squared().max(1e-12);
                edges.push(Edge { corner: at, back, inverse });
            }
            previous = Some(corner);
        }
        Self { edges: start..edges.len(), middle: (low + high) * 0.5, half: (high - low) * 0.5 }
    }

    /// Signed distance to a closed polygon: the nearest edge, and the even-odd
    /// rule for the sign.
    fn closed(&self, edges: &[Edge], q: Vec2, enough: f32) -> f32 {
        // The bounding box is cheap to test first.
        let apart = larger((q - self.middle).abs() - self.half, Vec2::ZERO).length_squared();
        if enough > 0.0 && apart >= enough * enough {
            return apart.sqrt();
        }
        let mut nearest = f32::MAX;
        let mut inside = false;
        for Edge { corner, back, inverse } in &edges[self.edges.clone()] {
            let to = q - *corner;
            nearest = least(nearest, beside(to, *back, *inverse));
            // Upwards past the height of `q`, or downwards.
            let crosses = (to.y < 0.0) != (to.y < back.y);
            // The crossing is right of `q` when the turn has the edge's sign.
            let turn = back.x * to.y - back.y * to.x;
            inside ^= crosses && ((turn > 0.0) == (back.y > 0.0));
        }
        let distance = nearest.sqrt();
        if inside { -distance } else { distance }
    }

    /// Squared distance to an open polyline.
    fn open(&self, edges: &[Edge], q: Vec2) -> f32 {
        edges[self.edges.clone()].iter().fold(f32::MAX, |nearest, edge| {
            least(nearest, beside(q - edge.corner, edge.back, edge.inverse))
        })
    }
}

/// Squared distance from `to` to the segment from the origin to `edge`.
fn beside(to: Vec2, edge: Vec2, inverse: f32) -> f32 {
    let share = most(least(to.dot(edge) * inverse, 1.0), 0.0);
    (to - edge * share).length_squared()
}
