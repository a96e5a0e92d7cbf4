//! Tiles to learn from, and whole grids as visitors get them.

use anyhow::Result;
use munjigi_scene::{Grid, Kind, Picture, Seed, Tile, clarity, render, tile};

use super::{Record, Scenes, number};
use crate::dice::Dice;
use crate::picture::Rgb;

/// Width and height of the pictures that networks get.
pub const SIDE: usize = 64;
/// Bytes of such a picture.
const PIXELS: usize = SIDE * SIDE * 3;
/// Width and height of a tile as served.
const SERVED: u32 = 128;

/// A tile and its kind.
#[derive(Clone, Copy, Debug)]
pub struct TileRecord<'a> {
    /// Its number in [`Kind::ALL`].
    pub kind: usize,
    /// 64 × 64.
    pub rgb: &'a [u8],
}

impl<'a> TileRecord<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        Self { kind: usize::from(bytes[0]), rgb: &bytes[1..] }
    }
}

impl Record for TileRecord<'_> {
    const BYTES: usize = 1 + PIXELS;
    const NAME: &'static str = "tile";
    const SCENES: Scenes = Scenes::Tiles;

    /// Drawn at a small size: four times faster than as served, with hardly any
    /// difference.
    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let [low, high, ..] = seed.0;
        let mut dice = Dice::new(u64::from(low), u64::from(high));
        let kind = Kind::ALL[dice.below(Kind::ALL.len())];
        let mut bytes = vec![number(kind)];
        bytes.extend(Rgb::draw(&tile(seed, kind, Tile::Busy), 64, 64).bytes);
        Ok(bytes)
    }
}

/// A grid as served, its tiles scaled down.
#[derive(Clone, Debug)]
pub struct GridRound<'a> {
    /// Number of the target's kind.
    pub target: usize,
    /// One bit per tile, set if it shows the target.
    pub right: u16,
    /// Whether a person can make it out: the factory drops all others.
    pub is_plain: bool,
    /// 64 × 64 each.
    pub tiles: Vec<&'a [u8]>,
}

impl<'a> GridRound<'a> {
    /// Reads a record.
    pub fn read(bytes: &'a [u8]) -> Self {
        let right = u16::from_le_bytes([bytes[1], bytes[2]]);
        let tiles = bytes[4..].chunks_exact(PIXELS).collect();
        Self { target: usize::from(bytes[0]), right, is_plain: bytes[3] == 1, tiles }
    }
}

impl Record for GridRound<'_> {
    const BYTES: usize = 4 + 9 * PIXELS;
    const NAME: &'static str = "grid";
    const SCENES: Scenes = Scenes::Tiles;

    fn draw(seed: Seed) -> Result<Vec<u8>> {
        let grid = Grid::deal(seed);
        let right = grid.answer.iter().fold(0_u16, |right, tile| right | 1 << tile);
        let drawn: Vec<Picture> =
            grid.tiles.iter().map(|scene| render(scene, SERVED, SERVED)).collect();
        let mut bytes = vec![number(grid.target)];
        bytes.extend(right.to_le_bytes());
        bytes.push(u8::from(grid.clarity(&drawn) >= clarity::LEAST));
        let tiles: Vec<Rgb> = drawn.into_iter().map(Rgb::from).collect();
        bytes.extend(small(&tiles, 3)?);
        Ok(bytes)
    }
}

/// Square pictures from one sheet, served and scaled down.
pub(super) fn small(tiles: &[Rgb], columns: usize) -> Result<Vec<u8>> {
    let side = tiles[0].width;
    let sheet = Rgb::sheet(tiles, columns).served()?;
    let cut = |at: usize| sheet.cut([at % columns * side, at / columns * side], [side, side]);
    Ok((0..tiles.len()).flat_map(|at| cut(at).shrunk(SIDE, SIDE).bytes).collect())
}
