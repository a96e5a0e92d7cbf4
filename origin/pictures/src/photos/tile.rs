//! Photos as tiles or as wide pictures, and tiles as the one image of a grid. A
//! file's metadata about camera and place is dropped.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage};

/// Edge of a tile, in pixels.
const EDGE: u32 = 128;
const PER_ROW: u32 = 3;
/// Fewer pixels across show no one anything.
const LEAST: u32 = 64;
/// Width and height of an `area`'s picture.
const AREA: (u32, u32) = (480, 320);
/// JPEG quality of stored images, and of what visitors get.
const KEPT_QUALITY: u8 = 92;
const QUALITY: u8 = 78;
const MOST_PIXELS_ACROSS: u32 = 12_000;
const MOST_DECODED_BYTES: u64 = 512 * 1024 * 1024;

/// A photo's middle, in both sizes.
#[derive(Debug)]
pub struct Middles {
    /// 128 × 128.
    pub tile: Vec<u8>,
    /// 480 × 320.
    pub picture: Vec<u8>,
}

/// Why a photo is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("photo-unreadable: not a readable image")]
    Unreadable,
    #[error("photo-too-small: less than {LEAST} pixels wide or high")]
    Small,
    #[error("photo-too-large: more than {MOST_PIXELS_ACROSS} pixels wide or high")]
    Large,
}

/// The middle of a photo.
pub fn middles(photo: &[u8]) -> Result<Middles, Unfit> {
    let photo = decode(photo)?;
    if photo.width() < LEAST || photo.height() < LEAST {
        return Err(Unfit::Small);
    }
    let (width, height) = AREA;
    let cut = |width, height, quality| {
        let middle = photo.resize_to_fill(width, height, FilterType::CatmullRom).into_rgb8();
        jpeg(&middle, quality).ok_or(Unfit::Unreadable)
    };
    Ok(Middles { tile: cut(EDGE, EDGE, KEPT_QUALITY)?, picture: cut(width, height, QUALITY)? })
}

/// Reads a photo as people see it: what the file says of its orientation is
/// followed, and all else that it says is left behind.
fn decode(photo: &[u8]) -> Result<DynamicImage, Unfit> {
    let unreadable = |_| Unfit::Unreadable;
    let mut reader = ImageReader::new(Cursor::new(photo))
        .with_guessed_format()
        .map_err(|_| Unfit::Unreadable)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_ACROSS);
    limits.max_image_height = Some(MOST_PIXELS_ACROSS);
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        ImageError::Limits(_) => Unfit::Large,
        _ => Unfit::Unreadable,
    })?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut photo = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    photo.apply_orientation(orientation);
    Ok(photo)
}

/// A tile as it looks within a grid.
pub fn served(tile: &[u8]) -> Option<Vec<u8>> {
    jpeg(&image::load_from_memory(tile).ok()?.into_rgb8(), QUALITY)
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
