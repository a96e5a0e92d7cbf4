//! The structure of image files: type, size, scans, whether they are animated,
//! and whether they are complete. Only lengths are followed; nothing is
//! unpacked.

use std::fmt;

use image::ImageFormat;

use super::ImageError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    Jpeg,
    Png,
    WebP,
}

/// What a file states about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    pub image_type: ImageType,
    pub width: u32,
    pub height: u32,
    /// Bytes per decoded pixel.
    pub bytes_per_pixel: u64,
    /// Number of passes over its pixels.
    pub scans: u32,
    pub is_animated: bool,
}

impl fmt::Display for ImageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        })
    }
}

impl ImageType {
    /// Detects the type by the first bytes.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// Finds the type by a content type without parameters, in lower case.
    pub fn of_content_type(name: &str) -> Option<Self> {
        match name {
            "image/jpeg" | "image/jpg" => Some(Self::Jpeg),
            "image/png" => Some(Self::Png),
            "image/webp" => Some(Self::WebP),
            _ => None,
        }
    }

    pub(super) fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
        }
    }

    pub(super) fn outline(self, bytes: &[u8]) -> Result<Outline, ImageError> {
        let mut bytes = Bytes(bytes);
        match self {
            Self::Jpeg => jpeg(&mut bytes),
            Self::Png => png(&mut bytes),
            Self::WebP => webp(&mut bytes),
        }
    }
}

/// The rest of a file.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ImageError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ImageError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| ImageError::Truncated)
    }

    fn byte(&mut self) -> Result<u8, ImageError> {
        self.array().map(|[byte]| byte)
    }
}

fn malformed(what: &str) -> ImageError {
    ImageError::Malformed(what.to_owned())
}

/// Reads segments up to the end-of-image marker and ignores the rest.
fn jpeg(bytes: &mut Bytes) -> Result<Outline, ImageError> {
    bytes.take(2)?;
    let mut frame: Option<(u32, u32, u64)> = None;
    let mut scans = 0;
    loop {
        if bytes.byte()? != 0xff {
            return Err(malformed("a marker is missing"));
        }
        let marker = loop {
            // Any number of fill bytes may stand before a marker.
            match bytes.byte()? {
                0xff => {}
                marker => break marker,
            }
        };
        match marker {
            0xd9 => break,
            0x01 | 0xd0..=0xd7 => continue,
            0x00 | 0xd8 => return Err(malformed("a marker is in an invalid place")),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(bytes.array()?));
        let body =
            bytes.take(length.checked_sub(2).ok_or_else(|| malformed("a short segment"))?)?;
        match marker {
            0xc0..=0xc2 => {
                let [_, h1, h0, w1, w0, components, ..] = *body else {
                    return Err(malformed("a short frame header"));
                };
                if frame.is_some() {
                    return Err(malformed("more than one frame"));
                }
                let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
                frame = Some((side(w1, w0), side(h1, h0), u64::from(components.clamp(1, 4))));
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(malformed("a kind of JPEG that browsers do not display"));
            }
            0xda => {
                scans += 1;
                skip_scan(bytes)?;
            }
            _ => {}
        }
    }
    let (width, height, bytes_per_pixel) = frame.ok_or_else(|| malformed("it has no frame"))?;
    if scans == 0 {
        return Err(malformed("it has no pixels"));
    }
    let image_type = ImageType::Jpeg;
    Ok(Outline { image_type, width, height, bytes_per_pixel, scans, is_animated: false })
}

/// Skips entropy-coded data up to the next marker.
fn skip_scan(bytes: &mut Bytes) -> Result<(), ImageError> {
    let mut pairs = bytes.0.windows(2);
    let end = pairs.position(
        |pair| matches!(pair, [0xff, marker] if !matches!(marker, 0x00 | 0xff | 0xd0..=0xd7)),
    );
    bytes.take(end.ok_or(ImageError::Truncated)?).map(|_| ())
}

/// Reads chunks up to IEND.
fn png(bytes: &mut Bytes) -> Result<Outline, ImageError> {
    bytes.take(8)?;
    let mut outline: Option<Outline> = None;
    loop {
        let length = u32::from_be_bytes(bytes.array()?);
        let name: [u8; 4] = bytes.array()?;
        if !name.iter().all(u8::is_ascii_alphabetic) || length > 0x7fff_ffff {
            return Err(malformed("invalid chunk"));
        }
        let body = bytes.take(length as usize)?;
        bytes.take(4)?;
        match (&name, &mut outline) {
            (b"IHDR", None) => outline = Some(png_header(body)?),
            (b"IHDR", Some(_)) => return Err(malformed("more than one header")),
            (_, None) => return Err(malformed("its header is not first")),
            (b"acTL", Some(outline)) => outline.is_animated = true,
            (b"IEND", Some(outline)) => return Ok(*outline),
            _ => {}
        }
    }
}

fn png_header(body: &[u8]) -> Result<Outline, ImageError> {
    let mut bytes = Bytes(body);
    let width = u32::from_be_bytes(bytes.array()?);
    let height = u32::from_be_bytes(bytes.array()?);
    let [depth, colours, ..]: [u8; 5] = bytes.array()?;
    // Grey and palette images are expanded on the way to a model.
    let channels = match colours {
        0 | 2 | 3 => 3,
        4 | 6 => 4,
        _ => return Err(malformed("an unknown kind of colours")),
    };
    let bytes_per_pixel = if depth == 16 { 2 * channels } else { channels };
    let image_type = ImageType::Png;
    Ok(Outline { image_type, width, height, bytes_per_pixel, scans: 1, is_animated: false })
}

/// Reads the chunks of the RIFF container.
fn webp(bytes: &mut Bytes) -> Result<Outline, ImageError> {
    bytes.take(4)?;
    let length = u32::from_le_bytes(bytes.array()?);
    let mut bytes = Bytes(bytes.take(length as usize)?);
    bytes.take(4)?;
    let mut size: Option<(u32, u32)> = None;
    let mut is_animated = false;
    while !bytes.0.is_empty() {
        let name: [u8; 4] = bytes.array()?;
        let length = u32::from_le_bytes(bytes.array()?) as usize;
        let body = bytes.take(length)?;
        if length % 2 == 1 {
            // Some encoders leave out the last chunk's padding.
            bytes.0 = bytes.0.get(1..).unwrap_or_default();
        }
        match (&name, body) {
            (b"ANIM" | b"ANMF", _) => is_animated = true,
            (b"VP8X", [flags, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => {
                is_animated |= flags & 2 != 0;
                let length_of =
                    |bytes: [u8; 3]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) + 1;
                size.get_or_insert((length_of([*w0, *w1, *w2]), length_of([*h0, *h1, *h2])));
            }
            (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => {
                let length_of = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
                size.get_or_insert((length_of(*w0, *w1), length_of(*h0, *h1)));
            }
            (b"VP8L", [0x2f, a, b, c, d, ..]) => {
                let bits = u32::from_le_bytes([*a, *b, *c, *d]);
                size.get_or_insert(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
            }
            (b"VP8X" | b"VP8 " | b"VP8L", _) => return Err(malformed("a short header")),
            _ => {}
        }
    }
    let (width, height) = size.ok_or_else(|| malformed("it has no pixels"))?;
    let image_type = ImageType::WebP;
    Ok(Outline { image_type, width, height, bytes_per_pixel: 4, scans: 1, is_animated })
}
