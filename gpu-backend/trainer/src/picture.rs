//! Pictures as bytes: what a visitor gets, and smaller ones to learn from.

use std::io::Cursor;

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use munjigi_scene::{Picture, Scene, render};

/// Quality of the JPEGs that visitors get; turns, which they get as AVIF, are
/// also tried as such JPEGs.
pub const QUALITY: u8 = 82;

/// Red, green, blue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Three bytes for each pixel.
    pub bytes: Vec<u8>,
}

impl From<Picture> for Rgb {
    fn from(picture: Picture) -> Self {
        let Picture { width, height, rgb: bytes, .. } = picture;
        Self { width: width as usize, height: height as usize, bytes }
    }
}

impl Rgb {
    /// Draws a scene.
    pub fn draw(scene: &Scene, width: u32, height: u32) -> Self {
        render(scene, width, height).into()
    }

    /// Combines pictures of one size into one, row by row.
    pub fn sheet(tiles: &[Self], columns: usize) -> Self {
        let (width, height) = (tiles[0].width, tiles[0].height);
        let rows = tiles.len().div_ceil(columns);
        let mut sheet = Self {
            width: width * columns,
            height: height * rows,
            bytes: vec![0; width * columns * height * rows * 3],
        };
        for (at, tile) in tiles.iter().enumerate() {
            let (left, top) = (at % columns * width, at / columns * height);
            for y in 0..height {
                let from = &tile.bytes[y * width * 3..(y + 1) * width * 3];
                let start = ((top + y) * sheet.width + left) * 3;
                sheet.bytes[start..start + width * 3].copy_from_slice(from);
            }
        }
        sheet
    }

    /// Cuts out a part.
    #[must_use]
    pub fn cut(&self, [left, top]: [usize; 2], [width, height]: [usize; 2]) -> Self {
        let rows = (top..top + height).flat_map(|y| {
            let start = (y * self.width + left) * 3;
            self.bytes[start..start + width * 3].iter().copied()
        });
        Self { width, height, bytes: rows.collect() }
    }

    /// The picture after JPEG compression.
    pub fn served(&self) -> Result<Self> {
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, QUALITY)
            .encode(&self.bytes, width, height, ExtendedColorType::Rgb8)
            .context("a drawn picture becomes a JPEG")?;
        let read = image::load(Cursor::new(file), ImageFormat::Jpeg)?;
        Ok(Self { width: self.width, height: self.height, bytes: read.into_rgb8().into_raw() })
    }

    /// Scales down; each new pixel is the mean of the pixels that it covers.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "colours are bytes"
    )]
    pub fn shrunk(&self, width: usize, height: usize) -> Self {
        let across = cover(self.width, width);
        let down = cover(self.height, height);
        let mut bytes = Vec::with_capacity(width * height * 3);
        for rows in &down {
            for columns in &across {
                let mut sum = [0.0_f32; 3];
                for &(y, tall) in rows {
                    for &(x, wide) in columns {
                        let at = (y * self.width + x) * 3;
                        for (sum, byte) in sum.iter_mut().zip(&self.bytes[at..at + 3]) {
                            *sum += f32::from(*byte) * tall * wide;
                        }
                    }
                }
                bytes.extend(sum.map(|sum| (sum + 0.5) as u8));
            }
        }
        Self { width, height, bytes }
    }
}

/// For each new pixel, the old ones that it covers and their shares.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pictures are far below 2^24 pixels wide"
)]
fn cover(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let scale = from as f32 / to as f32;
    (0..to)
        .map(|at| {
            let (start, end) = (at as f32 * scale, (at + 1) as f32 * scale);
            (start as usize..from.min(end.ceil() as usize))
                .map(|old| {
                    let share = (old as f32 + 1.0).min(end) - (old as f32).max(start);
                    (old, share / scale)
                })
                .filter(|&(_, share)| share > 0.0)
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_picture_has_the_same_mean() {
        let bytes: Vec<u8> = (0_u8..240).map(|at| at.wrapping_mul(7)).collect();
        let picture = Rgb { width: 10, height: 8, bytes };
        let small = picture.shrunk(4, 3);
        let sum = |picture: &Rgb| picture.bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        // 240 bytes and 36, each rounded.
        assert!((sum(&picture) * 36).abs_diff(sum(&small) * 240) < 36 * 240);
    }

    #[test]
    fn tiles_of_a_sheet_are_cut_out_again() {
        let tile = |shade: u8| Rgb { width: 3, height: 2, bytes: vec![shade; 18] };
        let tiles = [tile(1), tile(2), tile(3), tile(4)];
        let sheet = Rgb::sheet(&tiles, 2);
        assert_eq!(sheet.cut([3, 2], [3, 2]), tiles[3]);
    }
}
