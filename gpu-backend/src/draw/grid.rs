//! `grid`: nine tiles as one image of 384 × 384.

use munjigi_protocol::RightRound;
use munjigi_scene::{Grid, Picture, Seed, clarity};

use super::{Easel, Parts, Sheet, Stopped, as_jpeg};

const TILE: u32 = 128;
const COLUMNS: u8 = 3;

pub(super) fn draw(seed: Seed, easel: &Easel) -> Result<Parts, Stopped> {
    let grid = Grid::deal(seed);
    let pictures = grid.tiles.iter().map(|scene| easel.paint(scene, TILE, TILE));
    let pictures = pictures.collect::<Result<Vec<Picture>, _>>()?;
    let clarity = grid.clarity(&pictures);
    let tiles: Vec<Sheet> = pictures.into_iter().map(Sheet::from).collect();
    Ok(Parts {
        prompt: grid.target,
        rows: COLUMNS,
        columns: COLUMNS,
        images: vec![as_jpeg(&Sheet::of_tiles(&tiles, usize::from(COLUMNS)))],
        answer: RightRound::Grid { cells: grid.answer },
        clarity: clarity::rounded(clarity),
        tiles,
    })
}
