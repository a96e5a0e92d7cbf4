//! The extent of shapes and their bounding boxes. `form` computes distances.

use glam::Vec3;

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
#[cfg(test)]
pub(crate) fn distance(shape: &Shape, points: &[[f32; 2]], p: Vec3) -> f32 {
    let mut edges = Vec::new();
    crate::form::Form::of(shape, points, &mut edges).distance(&edges, p, f32::MAX)
}

fn radial(p: Vec3) -> f32 {
    (p.x * p.x + p.z * p.z).sqrt()
}

impl Shape {
    /// Scales all lengths except the points, whose span it returns.
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
