//! Photos as tiles or as wide pictures, and tiles as the one image of a grid. A
//! file's metadata about camera and place is dropped.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};

/// Edge of a tile, in pixels.
const EDGE: u32 = 128;
const PER_ROW: u32 = 3;
/// Width and height of an `area`'s picture.
const AREA: (u32, u32) = (480, 320);
/// JPEG quality of stored images, and of what visitors get.
const KEPT_QUALITY: u8 = 92;
const QUALITY: u8 = 78;
const MOST_PIXELS_ACROSS: u32 = 12_000;
const MOST_DECODED_BYTES: u64 = 512 * 1024 * 1024;

/// The centre of a photo as a tile; `None` if it cannot be decoded.
pub fn tile(photo: &[u8]) -> Option<Vec<u8>> {
    jpeg(&middle(photo, EDGE, EDGE)?, KEPT_QUALITY)
}

/// The centre of a photo as the picture of an `area`.
pub fn picture(photo: &[u8]) -> Option<Vec<u8>> {
    let (width, height) = AREA;
    jpeg(&middle(photo, width, height)?, QUALITY)
}

fn middle(photo: &[u8], width: u32, height: u32) -> Option<RgbImage> {
    let mut reader = ImageReader::new(Cursor::new(photo)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_ACROSS);
    limits.max_image_height = Some(MOST_PIXELS_ACROSS);
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let mut photo = DynamicImage::from_decoder(decoder).ok()?;
    photo.apply_orientation(orientation);
    Some(photo.resize_to_fill(width, height, FilterType::CatmullRom).into_rgb8())
}

/// Nine tiles as one image, row by row.
pub fn sprite(tiles: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut sprite = RgbImage::new(EDGE * PER_ROW, EDGE * PER_ROW);
    for (place, tile) in (0_u32..).zip(tiles) {
        let tile = image::load_from_memory(tile).ok()?.into_rgb8();
        let (x, y) = (place % PER_ROW * EDGE, place / PER_ROW * EDGE);
        image::imageops::replace(&mut sprite, &tile, i64::from(x), i64::from(y));
    }
    jpeg(&sprite, QUALITY)
}

fn jpeg(image: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).ok()?;
    Some(bytes)
}
