//! Grids of labelled photos: some that show the thing, the others certainly
//! something else.

use std::collections::BTreeMap;

use munjigi_protocol::RightRound;
use munjigi_store::photos::Photo;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::tile::sprite;

const TILES: usize = 9;
/// How many tiles are correct, taking turns: a guesser who knows these shares
/// guesses one grid in 300.
const RIGHT: [usize; 5] = [3, 4, 5, 4, 5];
const LEAST_RIGHT: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The seed that it was composed from.
    pub seed: [u8; 32],
    /// The thing to look for.
    pub prompt: String,
    /// The tiles that show it.
    pub answer: RightRound,
    /// The encoded image.
    pub image: Vec<u8>,
}

/// There are not enough different photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a grid needs three photos of one thing and six of others, all with a sure label; there are {labelled} of {things} things"
)]
pub struct TooFew {
    /// Photos with a label.
    pub labelled: usize,
    /// Different labels.
    pub things: usize,
}

/// Composes a grid per seed; the same photos and seeds yield the same grids.
pub fn compose(photos: &[Photo], seeds: &[[u8; 32]]) -> Result<Vec<Composed>, TooFew> {
    let mut by_thing: BTreeMap<&str, Vec<&Photo>> = BTreeMap::new();
    for photo in photos {
        by_thing.entry(photo.label.as_str()).or_default().push(photo);
    }
    let suitable: Vec<&str> = by_thing
        .iter()
        .filter(|(_, of_it)| {
            of_it.len() >= LEAST_RIGHT && photos.len() - of_it.len() >= TILES - LEAST_RIGHT
        })
        .map(|(thing, _)| *thing)
        .collect();
    if suitable.is_empty() {
        return Err(TooFew { labelled: photos.len(), things: by_thing.len() });
    }
    let grids = seeds.iter().zip(RIGHT.iter().cycle()).filter_map(|(seed, right)| {
        let mut random = StdRng::from_seed(*seed);
        let thing = *suitable.choose(&mut random)?;
        let of_it = by_thing.get(thing)?;
        let others: Vec<&Photo> = photos.iter().filter(|photo| photo.label != thing).collect();
        let right = (*right).min(of_it.len()).max(TILES.saturating_sub(others.len()));
        grid(thing, of_it, &others, right, *seed, &mut random)
    });
    Ok(grids.collect())
}

fn grid(
    thing: &str,
    of_it: &[&Photo],
    others: &[&Photo],
    right: usize,
    seed: [u8; 32],
    random: &mut StdRng,
) -> Option<Composed> {
    let mut places: Vec<(&Photo, bool)> = Vec::with_capacity(TILES);
    places.extend(of_it.sample(random, right).map(|photo| (*photo, true)));
    places.extend(others.sample(random, TILES - right).map(|photo| (*photo, false)));
    places.shuffle(random);
    let tiles: Vec<&[u8]> = places.iter().map(|(photo, _)| photo.tile.as_slice()).collect();
    let cells = (0_u8..).zip(&places).filter(|(_, (_, right))| *right).map(|(place, _)| place);
    Some(Composed {
        seed,
        prompt: thing.to_owned(),
        answer: RightRound::Grid { cells: cells.collect() },
        image: sprite(tiles.as_slice().try_into().ok()?)?,
    })
}
