//! Images from outside. Their bytes tell their type, their headers how much
//! work they are, and only then are they decoded. What a picture shows does not
//! matter here.

mod container;
mod fit;

#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::panic::catch_unwind;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use thiserror::Error;

pub use container::ImageType;
pub use fit::{Fit, Placed, place};

use container::Outline;

/// Largest accepted image, in bytes as it is sent.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Most pixels of an image.
const MAX_PIXELS: u64 = 40_000_000;
/// Largest width and height, in pixels.
const MAX_SIDE: u32 = 16_384;
/// Most bytes of a decoded image: 40 million pixels of four bytes.
const MAX_DECODED: u64 = 4 * MAX_PIXELS;
/// Above this size a decoded image is at most [`MAX_RATIO`] times its file.
/// Photographs stay below 50; the bombs are flat and reach 1,000.
const RATIO_FROM: u64 = 16 << 20;
const MAX_RATIO: u64 = 400;
/// Pixels touched by all scans of a JPEG together: ten scans of the largest.
const MAX_SCANNED: u64 = 10 * MAX_PIXELS;

/// Why an image is refused; the sender has to correct it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// There is no image.
    #[error("the image is empty")]
    Missing,
    /// Not one of the accepted types.
    #[error("the image is not a JPEG, PNG or WebP")]
    Unsupported,
    /// The content type names another accepted type than the bytes show.
    #[error("the image is {found} and is declared to be {declared}")]
    Mismatch {
        /// The content type as it was sent.
        declared: String,
        /// The type of the bytes.
        found: ImageType,
    },
    /// It cannot be decoded.
    #[error("the image cannot be decoded: {0}")]
    Malformed(String),
    #[error("the image ends before its end")]
    Truncated,
    #[error("the image is animated")]
    Animated,
    /// It has too many bytes.
    #[error("the image is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It has too many pixels in total or on one side.
    #[error(
        "the image has {width} x {height} pixels; at most {MAX_PIXELS} are accepted, {MAX_SIDE} per side"
    )]
    TooLarge {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Decoding it would take far more memory or time than its size suggests.
    #[error("the image unpacks to far more than its size explains")]
    TooCostly,
}

/// An image whose structure was read and accepted.
#[derive(Debug)]
pub struct Checked<'a> {
    bytes: &'a [u8],
    outline: Outline,
}

/// Reads what an image states about itself. Nothing is decoded yet.
pub fn check<'a>(bytes: &'a [u8], declared: Option<&str>) -> Result<Checked<'a>, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Missing);
    }
    if bytes.len() > MAX_BYTES {
        return Err(ImageError::TooLong);
    }
    let found = ImageType::sniff(bytes).ok_or(ImageError::Unsupported)?;
    if let Some(declared) = declared.and_then(stated) {
        let stated = ImageType::of_content_type(&declared).ok_or(ImageError::Unsupported)?;
        if stated != found {
            return Err(ImageError::Mismatch { declared, found });
        }
    }
    let outline = found.outline(bytes)?;
    let Outline { width, height, scans, .. } = outline;
    if outline.is_animated {
        return Err(ImageError::Animated);
    }
    if width == 0 || height == 0 {
        return Err(ImageError::Malformed("it has no pixels".to_owned()));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    // A scan of the smallest image costs as much as one of 64 × 64.
    let scanned = u64::from(scans) * pixels.max(4_096);
    let unpacked = pixels * outline.bytes_per_pixel;
    let length = bytes.len() as u64;
    let is_bomb = unpacked > RATIO_FROM && unpacked / length > MAX_RATIO;
    if is_bomb || (scans > 4 && scanned > MAX_SCANNED) {
        return Err(ImageError::TooCostly);
    }
    Ok(Checked { bytes, outline })
}

/// A content type that says something specific.
fn stated(declared: &str) -> Option<String> {
    let name = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let says_nothing = ["", "application/octet-stream", "application/x-www-form-urlencoded"];
    (!says_nothing.contains(&name.as_str())).then_some(name)
}

impl Checked<'_> {
    /// Its size in million pixels, rounded up: the cost of decoding it.
    pub fn megapixels(&self) -> u32 {
        let pixels = u64::from(self.outline.width) * u64::from(self.outline.height);
        u32::try_from(pixels.div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }

    /// Decodes it, upright, on white where it is transparent.
    pub fn decode(&self) -> Result<RgbImage, ImageError> {
        // The decoders share no state with us: after a panic everything is
        // dropped.
        let decoded = catch_unwind(|| decoded(self.bytes, self.outline.image_type.format()));
        let (mut image, orientation) = match decoded {
            Ok(Ok(decoded)) => decoded,
            Ok(Err(error)) => return Err(malformed(&error)),
            Err(_) => return Err(ImageError::Malformed("the decoder gave up".to_owned())),
        };
        if (image.width(), image.height()) != (self.outline.width, self.outline.height) {
            return Err(ImageError::Malformed("it contradicts itself about its size".to_owned()));
        }
        image.apply_orientation(orientation);
        Ok(on_white(image))
    }
}

fn decoded(
    bytes: &[u8],
    format: ImageFormat,
) -> Result<(DynamicImage, Orientation), image::ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(2 * MAX_DECODED);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // Faulty EXIF data is no reason to refuse an image.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder)?, orientation))
}

fn malformed(error: &image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(_) => ImageError::TooCostly,
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated
        }
        _ => ImageError::Malformed(error.to_string().chars().take(200).collect()),
    }
}

fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let mut white = RgbImage::new(width, height);
    for (pixel, onto) in image.pixels().zip(white.pixels_mut()) {
        let [red, green, blue, alpha] = pixel.0.map(u16::from);
        let over = |channel: u16| {
            u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        *onto = Rgb([over(red), over(green), over(blue)]);
    }
    white
}
