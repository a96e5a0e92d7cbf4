//! Pictures as visitors get them: several arranged in one image, and encoded. A
//! separate crate so that a debug build encodes at full speed. The content,
//! size and quality are decided elsewhere.

pub mod avif;
pub mod jpeg;

use munjigi_scene::Picture;

/// An image in memory: red, green, blue, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Three bytes per pixel.
    pub rgb: Vec<u8>,
}

impl From<Picture> for Sheet {
    fn from(Picture { width, height, rgb, .. }: Picture) -> Self {
        Self { width, height, rgb }
    }
}

impl Sheet {
    /// Arranges tiles of one size row by row.
    ///
    /// # Panics
    /// Panics beyond 2^32 columns or rows.
    #[must_use]
    pub fn of_tiles(tiles: &[Self], columns: usize) -> Self {
        let Some(first) = tiles.first() else { return Self { width: 0, height: 0, rgb: vec![] } };
        let line = first.width as usize * 3;
        let mut rgb = Vec::with_capacity(tiles.len() * first.rgb.len());
        for row in tiles.chunks(columns) {
            for y in 0..first.height as usize {
                for tile in row {
                    rgb.extend_from_slice(
                        tile.rgb.get(y * line..(y + 1) * line).unwrap_or_default(),
                    );
                }
            }
        }
        let across = u32::try_from(columns).expect("a sheet has a few columns");
        let down = u32::try_from(tiles.len() / columns).expect("a sheet has a few rows");
        Self { width: first.width * across, height: first.height * down, rgb }
    }
}
