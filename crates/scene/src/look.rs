//! The finish of a picture: from light to bytes, with the colour grade, the
//! vignette and the grain of its description.

use glam::{IVec3, Vec2, Vec3};

use crate::{colour::shown, scene::Look, surface::hash};

/// A colour on the screen, `0.0..=1.0`, at a pixel of a picture.
pub(crate) fn finished(look: &Look, light: Vec3, pixel: [u32; 2], size: [u32; 2]) -> [u8; 3] {
    let mut seen = Vec3::new(shown(light.x), shown(light.y), shown(light.z));
    let grey = seen.dot(Vec3::new(0.299, 0.587, 0.114));
    seen = Vec3::splat(grey) + (seen - grey) * look.saturation;
    seen = (seen - 0.5) * look.contrast + 0.5;
    seen = seen * look.gain + look.lift * (Vec3::ONE - seen);
    seen *= 1.0 - look.vignette * corner(pixel, size);
    seen += (grain(look.grain_seed, pixel) - 0.5) * look.grain;
    seen.to_array().map(byte)
}

/// 0 in the middle of a picture, 1 in its corners.
#[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels wide")]
fn corner(pixel: [u32; 2], size: [u32; 2]) -> f32 {
    let at = |axis: usize| (pixel[axis] as f32 + 0.5) / size[axis] as f32 - 0.5;
    let out = Vec2::new(at(0), at(1)).length_squared() * 2.0;
    out * out
}

/// Two draws per pixel: their mean is seldom extreme.
fn grain(seed: u32, [x, y]: [u32; 2]) -> f32 {
    let cell = IVec3::new(x.cast_signed(), y.cast_signed(), seed.cast_signed());
    (hash(cell) + hash(cell.wrapping_add(IVec3::new(7919, 104_729, 1)))) * 0.5
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn byte(seen: f32) -> u8 {
    (seen.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}
