//! Rotations, and curves through a few corners.
//!
//! Sines come from `libm`, because the platforms' own differ in the last bit.

use core::f32::consts::PI;

use glam::{Mat3, Vec3, vec3};

/// A rotation about `x`, in radians.
pub(crate) fn about_x(angle: f32) -> Mat3 {
    let (s, c) = (libm::sinf(angle), libm::cosf(angle));
    Mat3::from_cols(Vec3::X, vec3(0.0, c, s), vec3(0.0, -s, c))
}

/// A rotation about `y`, in radians.
pub(crate) fn about_y(angle: f32) -> Mat3 {
    let (s, c) = (libm::sinf(angle), libm::cosf(angle));
    Mat3::from_cols(vec3(c, 0.0, -s), Vec3::Y, vec3(s, 0.0, c))
}

/// A rotation about `z`, in radians.
pub(crate) fn about_z(angle: f32) -> Mat3 {
    let (s, c) = (libm::sinf(angle), libm::cosf(angle));
    Mat3::from_cols(vec3(c, s, 0.0), vec3(-s, c, 0.0), Vec3::Z)
}

pub(crate) fn radians(degrees: f32) -> f32 {
    degrees * (PI / 180.0)
}

/// A camera's axes: right, up and forward, from an azimuth about `y` (0 looks
/// along `-z`) and an elevation above the floor.
pub(crate) fn looking(azimuth: f32, elevation: f32) -> Mat3 {
    let turn = about_y(azimuth) * about_x(-elevation);
    Mat3::from_cols(turn.x_axis, turn.y_axis, -turn.z_axis)
}

/// The point of a circle in the `xy` plane, from `+y` clockwise.
pub(crate) fn on_circle(radius: f32, angle: f32) -> [f32; 2] {
    [radius * libm::sinf(angle), radius * libm::cosf(angle)]
}

/// Orthonormal axes whose `y` points along a direction; upright if it is too
/// short to have one.
pub(crate) fn along(direction: Vec3) -> Mat3 {
    let y = direction.normalize_or(Vec3::Y);
    let x = if y.y.abs() > 0.9 { y.cross(Vec3::Z) } else { Vec3::Y.cross(y) };
    let x = x.normalize_or(Vec3::X);
    Mat3::from_cols(x, y, x.cross(y))
}

/// The end of an arc around `+y` as sine and cosine; from π on it is the whole
/// ring, exactly.
pub(crate) fn arc_end(half_angle: f32) -> [f32; 2] {
    if half_angle < PI { on_circle(1.0, half_angle) } else { [0.0, -1.0] }
}

/// A smooth closed outline through corners (Catmull and Rom), with `steps`
/// points for each.
pub(crate) fn rounded(corners: &[[f32; 2]], steps: u8) -> Vec<[f32; 2]> {
    let count = corners.len();
    (0..count)
        .flat_map(|i| {
            let around = [(i + count - 1) % count, i, (i + 1) % count, (i + 2) % count];
            spline(around.map(|k| corners[k]), steps)
        })
        .collect()
}

/// A smooth open path through corners.
pub(crate) fn bent(corners: &[[f32; 2]], steps: u8) -> Vec<[f32; 2]> {
    let last = corners.len() - 1;
    let mut path: Vec<_> = (0..last)
        .flat_map(|i| {
            let around = [i.saturating_sub(1), i, i + 1, (i + 2).min(last)];
            spline(around.map(|k| corners[k]), steps)
        })
        .collect();
    path.push(corners[last]);
    path
}

fn spline(corners: [[f32; 2]; 4], steps: u8) -> impl Iterator<Item = [f32; 2]> {
    (0..steps).map(move |step| {
        let t = f32::from(step) / f32::from(steps);
        core::array::from_fn(|axis| {
            let [before, from, to, after] = corners.map(|corner| corner[axis]);
            let one = to - before;
            let two = 2.0 * before - 5.0 * from + 4.0 * to - after;
            from + 0.5 * t * (one + t * (two + t * (3.0 * (from - to) + after - before)))
        })
    })
}
