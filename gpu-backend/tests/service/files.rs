//! Image files, intact and broken.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};

fn pixels(width: u32, height: u32) -> Vec<u8> {
    (0..width * height * 3).map(|at| (at * at / 7 % 251) as u8).collect()
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new(&mut bytes);
    encoder.write_image(&pixels(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(&pixels(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.write_image(&pixels(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// One colour: small as a file, large when unpacked.
pub fn flat_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::NoFilter);
    let pixels = vec![0; (width * height) as usize];
    encoder.write_image(&pixels, width, height, ExtendedColorType::L8).unwrap();
    bytes
}

/// The file without its last bytes.
pub fn cut(mut file: Vec<u8>, last: usize) -> Vec<u8> {
    file.truncate(file.len() - last);
    file
}

/// The file with other bytes at a place.
pub fn put(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// The file with bytes put in at a place.
pub fn insert(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file.splice(at..at, bytes.iter().copied());
    file
}

pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Where the header of a PNG ends.
pub const AFTER_IHDR: usize = 8 + 25;

/// A chunk of a PNG with a correct checksum.
pub fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut sum = u32::MAX;
    for byte in name.iter().chain(body) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    [&(body.len() as u32).to_be_bytes(), &name[..], body, &(!sum).to_be_bytes()].concat()
}

/// A PNG header with this size, bit depth and colour type.
pub fn header(width: u32, height: u32, depth: u8, colours: u8) -> Vec<u8> {
    let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
    chunk(*b"IHDR", &[&sizes[..], &[depth, colours, 0, 0, 0]].concat())
}

/// A PNG that states that it is animated.
pub fn animated_png() -> Vec<u8> {
    insert(png(8, 8), AFTER_IHDR, &chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]))
}

/// A segment of a JPEG.
pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &((body.len() + 2) as u16).to_be_bytes(), body].concat()
}

/// A frame header of a JPEG.
pub fn frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let [h1, h0] = height.to_be_bytes();
    let [w1, w0] = width.to_be_bytes();
    segment(marker, &[8, h1, h0, w1, w0, 1, 1, 0x11, 0])
}

/// A JPEG of these segments and with empty scans.
pub fn jpeg_of(segments: &[Vec<u8>]) -> Vec<u8> {
    [&[0xff, 0xd8][..], &segments.concat(), &[0xff, 0xd9]].concat()
}

/// A scan without data.
pub fn scan() -> Vec<u8> {
    segment(0xda, &[1, 1, 0, 0, 63, 0])
}

/// A WebP of these chunks.
pub fn webp_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, bytes) in chunks {
        body.extend_from_slice(*name);
        body.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// The canvas of an extended WebP.
pub fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    [&[flags, 0, 0, 0][..], &width[..3], &height[..3]].concat()
}
