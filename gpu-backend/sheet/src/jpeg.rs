//! JPEG: every browser decodes it, and scenes with soft shades are small in it.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::Sheet;

/// The content type in answers.
pub const CONTENT_TYPE: &str = "image/jpeg";
/// A grid of nine 128-pixel tiles takes about 32 KB at this quality; see the
/// figures in the gpu-backend's README.
pub const QUALITY: u8 = 82;

/// Encodes an image.
///
/// # Panics
/// Panics if the sheet does not have the pixels that it states.
/// When the sheet has not the pixels it says.
#[must_use]
pub fn encode(sheet: &Sheet) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(&sheet.rgb, sheet.width, sheet.height, ExtendedColorType::Rgb8)
        .expect("memory takes what is written, and a sheet has the pixels it says");
    bytes
}
