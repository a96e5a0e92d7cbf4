//! Pictures made of accepted photos: grids of tiles, some of which show the
//! thing while the others certainly do not, and photos with a thing to point at.

use std::collections::{BTreeMap, BTreeSet};

use munjigi_protocol::{PackId, RightRound};
use munjigi_store::photos::{Accepted, PhotoId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use sha2::{Digest, Sha256};

const TILES: usize = 9;
/// How many tiles are correct, taking turns: a guesser who knows these shares
/// guesses one grid in 300.
const RIGHT: [usize; 5] = [3, 4, 5, 4, 5];
const LEAST_RIGHT: usize = 3;
/// With fewer, everyone soon knows every answer.
const LEAST_AREAS: usize = 4;

/// The photos of a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The thing to look for.
    pub thing: String,
    /// Its photos, row by row.
    pub photos: [PhotoId; TILES],
    /// Those that show the thing.
    pub answer: RightRound,
}

/// What can be made of the accepted photos.
#[derive(Debug)]
pub struct Stock<'a> {
    photos: &'a [Accepted],
    /// The things that a grid can ask for, each with the photos that show it
    /// and those that do not.
    things: BTreeMap<&'a str, (Vec<&'a Accepted>, Vec<&'a Accepted>)>,
}

impl<'a> Stock<'a> {
    pub fn of(photos: &'a [Accepted]) -> Self {
        let names: BTreeSet<&str> = photos.iter().map(|photo| photo.thing.as_str()).collect();
        let things = names.into_iter().filter_map(|thing| {
            let shown: Vec<&Accepted> =
                photos.iter().filter(|photo| photo.thing == thing).collect();
            let may_show = |photo: &Accepted| {
                photo.thing == thing || photo.maybe.iter().any(|maybe| maybe == thing)
            };
            let others: Vec<&Accepted> = photos.iter().filter(|photo| !may_show(photo)).collect();
            let enough = shown.len() >= LEAST_RIGHT && others.len() >= TILES - LEAST_RIGHT;
            enough.then_some((thing, (shown, others)))
        });
        Self { photos, things: things.collect() }
    }

    /// Whether grids can be made.
    pub fn has_grids(&self) -> bool {
        !self.things.is_empty()
    }

    /// How many different areas can be made; none if there are too few.
    pub fn areas(&self) -> usize {
        let areas = self.photos.iter().filter(|photo| photo.has_area).count();
        if areas >= LEAST_AREAS { areas } else { 0 }
    }

    /// The grid of a candidate at a position of its pack: the same stock and
    /// seed yield the same one.
    pub fn grid(&self, seed: [u8; 32], position: usize) -> Option<Grid> {
        let mut random = StdRng::from_seed(seed);
        let things: Vec<&str> = self.things.keys().copied().collect();
        let thing = *things.choose(&mut random)?;
        let (shown, others) = self.things.get(thing)?;
        let right = RIGHT[position % RIGHT.len()].min(shown.len());
        let right = right.max(TILES.saturating_sub(others.len()));
        let mut places: Vec<(PhotoId, bool)> = Vec::with_capacity(TILES);
        places.extend(shown.sample(&mut random, right).map(|photo| (photo.id, true)));
        places.extend(others.sample(&mut random, TILES - right).map(|photo| (photo.id, false)));
        places.shuffle(&mut random);
        let cells = (0_u8..).zip(&places).filter(|(_, (_, right))| *right).map(|(cell, _)| cell);
        let answer = RightRound::Grid { cells: cells.collect() };
        let photos: Vec<PhotoId> = places.iter().map(|(photo, _)| *photo).collect();
        Some(Grid { thing: thing.to_owned(), photos: photos.try_into().ok()?, answer })
    }

    /// The photo of an area at a position of its pack: each once, in an order
    /// of the pack's own, as long as there are enough.
    pub fn area(&self, pack: PackId, position: usize) -> Option<PhotoId> {
        let mut photos: Vec<PhotoId> =
            self.photos.iter().filter(|photo| photo.has_area).map(|photo| photo.id).collect();
        photos.sort_by_cached_key(|photo| {
            Sha256::new().chain_update(pack.0).chain_update(photo).finalize()
        });
        photos.get(position % photos.len().max(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(number: u8, thing: &str) -> Accepted {
        Accepted { id: [number; 32], thing: thing.to_owned(), maybe: Vec::new(), has_area: true }
    }

    fn cups_and_trees(cups: u8, trees: u8) -> Vec<Accepted> {
        let cups = (0..cups).map(|number| photo(number, "cup"));
        cups.chain((0..trees).map(|number| photo(100 + number, "tree"))).collect()
    }

    #[test]
    fn a_grid_s_answer_is_where_the_thing_is() {
        let photos = cups_and_trees(7, 7);
        let stock = Stock::of(&photos);
        let mut counts = BTreeSet::new();
        for number in 0..20_u8 {
            let grid = stock.grid([number; 32], usize::from(number)).unwrap();
            assert_eq!(Some(&grid), stock.grid([number; 32], usize::from(number)).as_ref());
            let RightRound::Grid { cells } = &grid.answer else { panic!("{:?}", grid.answer) };
            counts.insert(cells.len());
            for (cell, shown) in (0_u8..).zip(grid.photos) {
                let is_cup = shown[0] < 100;
                assert_eq!(is_cup == (grid.thing == "cup"), cells.contains(&cell));
            }
            let different: BTreeSet<PhotoId> = grid.photos.into_iter().collect();
            assert_eq!(different.len(), TILES);
        }
        assert_eq!(counts, BTreeSet::from([3, 4, 5]));
    }

    #[test]
    fn a_photo_that_may_show_the_thing_is_not_among_the_others() {
        let mut photos = cups_and_trees(3, 7);
        photos[3].maybe.push("cup".to_owned());
        let stock = Stock::of(&photos);
        for number in 0..40_u8 {
            let grid = stock.grid([number; 32], 0).unwrap();
            assert_eq!(grid.thing, "cup", "three cups are too few others for trees");
            assert!(!grid.photos.contains(&photos[3].id));
        }
        photos[4].maybe.push("cup".to_owned());
        assert!(!Stock::of(&photos).has_grids());
    }

    #[test]
    fn too_few_photos_make_no_pictures() {
        assert!(!Stock::of(&cups_and_trees(2, 9)).has_grids());
        assert!(!Stock::of(&cups_and_trees(9, 0)).has_grids());
        assert_eq!(Stock::of(&cups_and_trees(3, 0)).areas(), 0);
        assert_eq!(Stock::of(&[]).grid([1; 32], 0), None);
        assert_eq!(Stock::of(&[]).area(PackId([1; 8]), 0), None);
    }

    #[test]
    fn a_pack_of_areas_has_each_photo_once_in_an_order_of_its_own() {
        let photos = cups_and_trees(6, 6);
        let stock = Stock::of(&photos);
        assert_eq!(stock.areas(), 12);
        let of = |pack: u8| -> Vec<PhotoId> {
            (0..12).map(|position| stock.area(PackId([pack; 8]), position).unwrap()).collect()
        };
        assert_eq!(of(1).into_iter().collect::<BTreeSet<_>>().len(), 12);
        assert_ne!(of(1), of(2));
    }
}
