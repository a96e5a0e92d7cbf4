//! The challenge `grid`: choose every tile that shows a kind.

use serde::{Deserialize, Serialize};

use crate::{
    Kind, Scene, Seed,
    stage::stream,
    tile::{Tile, tile_without},
};

/// Nine tiles, and which of them show the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// The kind of thing to choose.
    pub target: Kind,
    /// The tiles in reading order, square; the subject is each scene's first
    /// thing.
    pub tiles: Vec<Scene>,
    /// The indexes of the tiles that show the target, ascending.
    pub answer: Vec<u8>,
}

/// Tiles of one challenge.
const TILES: usize = 9;

impl Grid {
    /// Deals a grid. Three to five tiles show the target: 336 answers of that
    /// size, so that a guess passes in less than 0.3 % of cases.
    pub fn deal(seed: Seed) -> Self {
        let mut dice = seed.dice(stream::DEAL);
        let target = dice.pick(Kind::ALL);
        let others: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| !kind.resembles(target)).collect();
        let right = dice.whole(3..=5);
        let mut kinds: Vec<Kind> =
            (0..TILES).map(|tile| if tile < right { target } else { dice.pick(&others) }).collect();
        dice.shuffle(&mut kinds);
        let tiles =
            kinds.iter().map(|&kind| tile_without(dice.seed(), kind, Tile::Busy, target)).collect();
        let answer = (0u8..).zip(&kinds).filter(|&(_, &kind)| kind == target);
        Self { target, tiles, answer: answer.map(|(index, _)| index).collect() }
    }
}
