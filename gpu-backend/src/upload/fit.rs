//! Fits an image to a network's picture, which has another size and often
//! another shape.

use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb, RgbImage};

use crate::registry::Input;

/// How to handle different shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The middle of the image fills the picture, as in the training of
    /// classifiers.
    Cover,
    /// The whole image is in the picture, on grey, as in the training of
    /// segmenters.
    Contain,
}

/// A picture and the position of the image in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Interleaved channels, row by row.
    pub pixels: Vec<u8>,
    /// Pixels of the picture per pixel of the image.
    pub scale: f32,
    /// The image's left side in the picture.
    pub left: f32,
    /// The image's upper side in the picture.
    pub top: f32,
}

/// The grey that YOLO's letterbox is filled with.
const GREY: Rgb<u8> = Rgb([114; 3]);

/// Fits an image to the picture that a network takes.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides are at most 16,384 pixels and never below 0"
)]
pub fn place(image: &RgbImage, input: &Input, fit: Fit) -> Placed {
    let (width, height) = (input.width as u32, input.height as u32);
    let ratios = (width as f32 / image.width() as f32, height as f32 / image.height() as f32);
    let scale = match fit {
        Fit::Cover => ratios.0.max(ratios.1),
        Fit::Contain => ratios.0.min(ratios.1),
    };
    let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
    let scaled = scaled(image, side(image.width()), side(image.height()));
    let offset = |whole: u32, part: u32| (i64::from(whole) - i64::from(part)) / 2;
    let (left, top) = (offset(width, scaled.width()), offset(height, scaled.height()));
    let picture = if scaled.dimensions() == (width, height) {
        scaled
    } else {
        let mut picture = RgbImage::from_pixel(width, height, GREY);
        imageops::replace(&mut picture, &scaled, left, top);
        picture
    };
    let pixels = if input.channels == 1 { grey(&picture).into_raw() } else { picture.into_raw() };
    Placed { pixels, scale, left: left as f32, top: top as f32 }
}

/// Shrinks by averaging first, which is fast and exact at whole ratios, then
/// finely.
fn scaled(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let large = |have: u32, want: u32| have > want.saturating_mul(4);
    if large(image.width(), width) && large(image.height(), height) {
        let half = imageops::thumbnail(image, width * 2, height * 2);
        return imageops::resize(&half, width, height, FilterType::Triangle);
    }
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    imageops::resize(image, width, height, FilterType::Triangle)
}

fn grey(picture: &RgbImage) -> GrayImage {
    imageops::grayscale(picture)
}
