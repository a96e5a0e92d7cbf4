//! Distances to the shapes, and the boxes they fit in.
//!
//! Each distance is a lower bound of the true one (exact but for `Ball` with
//! unequal axes), negative inside, and never NaN for finite input. Only
//! additions, multiplications, divisions and square roots are used: IEEE 754
//! makes them the same on every machine.

use glam::{Vec2, Vec3, vec2};

use crate::scene::{Shape, Span};

/// How far a shape reaches along a direction of any length: the largest
/// `n · p` of its points `p`, in its own frame.
pub(crate) fn support(shape: &Shape, points: &[[f32; 2]], n: Vec3) -> f32 {
    let length = n.length();
    let around_y = radial(n);
    let farthest = |span: Span, x: f32, y: f32| {
        points[span.range()].iter().fold(f32::MIN, |far, p| far.max(p[0] * x + p[1] * y))
    };
    match *shape {
        Shape::Ball { radii } => (radii * n).length(),
        Shape::Block { half, round } => (half - round).dot(n.abs()) + round * length,
        Shape::Limb { length: long, foot, tip } => (foot * length).max(long * n.y + tip * length),
        Shape::Drum { half, foot, tip, round } => {
            let rim = |y: f32, radius: f32| y * n.y + (radius - round) * around_y;
            rim(round - half, foot).max(rim(half - round, tip)) + round * length
        }
        Shape::Ring { major, minor, end: [x, y] } => {
            let flat = (n.x * n.x + n.y * n.y).sqrt();
            let open = y * n.x.abs() > x * n.y;
            major * if open { x * n.x.abs() + y * n.y } else { flat } + minor * length
        }
        Shape::Lathe { profile, round } => farthest(profile, around_y, n.y) + round * length,
        Shape::Plate { outline, half, round } => {
            farthest(outline, n.x, n.y) + (half - round) * n.z.abs() + round * length
        }
        Shape::Wire { path, radius } => farthest(path, n.x, n.y) + radius * length,
    }
}

/// The bounding box of a shape in its own frame: lowest and highest corner.
pub(crate) fn extent(shape: &Shape, points: &[[f32; 2]]) -> (Vec3, Vec3) {
    let reach = |n: Vec3| support(shape, points, n);
    (
        -Vec3::new(reach(-Vec3::X), reach(-Vec3::Y), reach(-Vec3::Z)),
        Vec3::new(reach(Vec3::X), reach(Vec3::Y), reach(Vec3::Z)),
    )
}

/// Distance from `p`, in the shape's own frame.
pub(crate) fn distance(shape: &Shape, points: &[[f32; 2]], p: Vec3) -> f32 {
    match *shape {
        Shape::Ball { radii } => ball(p, radii),
        Shape::Block { half, round } => {
            let q = p.abs() - (half - round);
            q.max(Vec3::ZERO).length() + q.max_element().min(0.0) - round
        }
        Shape::Limb { length, foot, tip } => limb(vec2(radial(p), p.y), length, foot, tip),
        Shape::Drum { half, foot, tip, round } => {
            drum(vec2(radial(p), p.y), half - round, foot - round, tip - round) - round
        }
        Shape::Ring { major, minor, end } => ring(p, major, end.into()) - minor,
        Shape::Lathe { profile, round } => {
            outline(vec2(radial(p), p.y), &points[profile.range()]) - round
        }
        Shape::Plate { outline: span, half, round } => {
            let flat = outline(vec2(p.x, p.y), &points[span.range()]);
            let q = vec2(flat, p.z.abs() - (half - round));
            q.max(Vec2::ZERO).length() + q.max_element().min(0.0) - round
        }
        Shape::Wire { path: span, radius } => {
            let flat = path(vec2(p.x, p.y), &points[span.range()]);
            (flat + p.z * p.z).sqrt() - radius
        }
    }
}

fn radial(p: Vec3) -> f32 {
    (p.x * p.x + p.z * p.z).sqrt()
}

/// The first-order distance to an ellipsoid: its implicit function over the
/// length of the gradient; exact for a sphere.
fn ball(p: Vec3, radii: Vec3) -> f32 {
    if radii.x.to_bits() == radii.y.to_bits() && radii.y.to_bits() == radii.z.to_bits() {
        return p.length() - radii.x;
    }
    let scaled = p / radii;
    let level = scaled.length();
    let slope = (scaled / radii).length();
    // At the very centre the gradient vanishes; any point inside does as well.
    if slope < 1e-6 {
        return -radii.min_element();
    }
    // Beside a thin one that falls far short; the ball around it does better.
    (level * (level - 1.0) / slope).max(p.length() - radii.max_element())
}

fn limb(q: Vec2, length: f32, foot: f32, tip: f32) -> f32 {
    // The cone touches both circles; its side leans by this sine.
    let lean = ((foot - tip) / length).clamp(-1.0, 1.0);
    let upright = (1.0 - lean * lean).max(0.0).sqrt();
    let along = q.y * upright - q.x * lean;
    if along < 0.0 {
        q.length() - foot
    } else if along > upright * length {
        vec2(q.x, q.y - length).length() - tip
    } else {
        q.x * upright + q.y * lean - foot
    }
}

fn drum(q: Vec2, half: f32, foot: f32, tip: f32) -> f32 {
    let rim = if q.y < 0.0 { foot } else { tip };
    let cap = vec2((q.x - rim).max(0.0), q.y.abs() - half);
    let side = vec2(tip - foot, 2.0 * half);
    let from_foot = q - vec2(foot, -half);
    let share = (from_foot.dot(side) / side.length_squared().max(1e-9)).clamp(0.0, 1.0);
    let edge = from_foot - side * share;
    let inside = edge.x < 0.0 && cap.y < 0.0;
    let nearest = edge.length_squared().min(cap.length_squared()).sqrt();
    if inside { -nearest } else { nearest }
}

fn ring(p: Vec3, major: f32, end: Vec2) -> f32 {
    let flat = vec2(p.x.abs(), p.y);
    // Beyond the end of the arc the nearest point of it is that end.
    let across = if end.y * flat.x > end.x * flat.y { flat.dot(end) } else { flat.length() };
    (p.length_squared() + major * major - 2.0 * major * across).max(0.0).sqrt()
}

/// Signed distance to a closed polygon: the nearest edge, and the even-odd
/// rule for the sign.
fn outline(q: Vec2, corners: &[[f32; 2]]) -> f32 {
    let Some(&last) = corners.last() else { return f32::MAX };
    let mut previous = Vec2::from(last);
    let mut nearest = f32::MAX;
    let mut inside = false;
    for &corner in corners {
        let corner = Vec2::from(corner);
        let (edge, to) = (previous - corner, q - corner);
        nearest = nearest.min(beside(to, edge));
        if (corner.y > q.y) != (previous.y > q.y) {
            // The crossing is right of `q` when the turn has the edge's sign.
            let turn = edge.x * to.y - edge.y * to.x;
            if (turn > 0.0) == (edge.y > 0.0) {
                inside = !inside;
            }
        }
        previous = corner;
    }
    let distance = nearest.sqrt();
    if inside { -distance } else { distance }
}

/// Squared distance to an open polyline.
fn path(q: Vec2, corners: &[[f32; 2]]) -> f32 {
    corners.windows(2).fold(f32::MAX, |nearest, ends| {
        let (start, end) = (Vec2::from(ends[0]), Vec2::from(ends[1]));
        nearest.min(beside(q - start, end - start))
    })
}

/// Squared distance from `to` to the segment from the origin to `edge`.
fn beside(to: Vec2, edge: Vec2) -> f32 {
    let share = (to.dot(edge) / edge.length_squared().max(1e-12)).clamp(0.0, 1.0);
    (to - edge * share).length_squared()
}

impl Shape {
    /// Scales all lengths but the points, whose span it returns.
    pub(crate) fn scaled(&mut self, by: f32) -> Option<Span> {
        match self {
            Self::Ball { radii } => *radii *= by,
            Self::Block { half, round } => {
                *half *= by;
                *round *= by;
            }
            Self::Limb { length, foot, tip } => {
                *length *= by;
                *foot *= by;
                *tip *= by;
            }
            Self::Drum { half, foot, tip, round } => {
                *half *= by;
                *foot *= by;
                *tip *= by;
                *round *= by;
            }
            Self::Ring { major, minor, .. } => {
                *major *= by;
                *minor *= by;
            }
            Self::Lathe { profile: span, round } => {
                *round *= by;
                return Some(*span);
            }
            Self::Plate { outline: span, half, round } => {
                *half *= by;
                *round *= by;
                return Some(*span);
            }
            Self::Wire { path: span, radius } => {
                *radius *= by;
                return Some(*span);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
