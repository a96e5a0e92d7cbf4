//! JPEG: every browser decodes it, and a scene of soft shades is small in it.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use munjigi_protocol::{RenderedImage, base64};

use super::Sheet;

/// Of a grid of nine 128-pixel tiles this makes about 32 KB; see the figures
/// in the README.
const QUALITY: u8 = 82;

/// Encodes an image.
pub fn encode(sheet: &Sheet) -> RenderedImage {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(&sheet.rgb, sheet.width, sheet.height, ExtendedColorType::Rgb8)
        .expect("memory takes what is written, and a sheet has the pixels it says");
    RenderedImage {
        content_type: "image/jpeg".to_owned(),
        width: sheet.width,
        height: sheet.height,
        data: base64::encode(&bytes),
    }
}
