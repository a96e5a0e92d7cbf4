//! Attackers with networks: trained on a number of labels, or the committed
//! ones.

use anyhow::Result;

use super::{Budget, Kind, Tried, answer};
use crate::harvest::{AREA, SIDE, Store, TileRecord, Use, View, Wide};
use crate::likeliest::likeliest_cell;
use crate::make::{THREADS, VERSION};
use crate::net::{Batch, Net};
use crate::record::{Committed, models};
use crate::task::{Things, Tiles, Views, planes};
use crate::train::{Plan, train};

/// The seed of all attackers' networks.
const SEED: u64 = 11;

/// Whether each round was answered correctly by a network with this many
/// labels. A label is a tile's kind, a thing's outline in a wide picture, or
/// the direction in which the thing in a view faces.
pub fn rounds(
    store: &Store,
    challenges: &Tried,
    labels: usize,
    budget: Budget,
) -> Result<Vec<bool>> {
    let name = format!("{}-{labels}-{}.run", challenges.kind.name(), budget.steps(labels));
    let note = store.file(&name, challenges.kind.scenes());
    let plan = |batch| Plan { seed: SEED, steps: budget.steps(labels), batch, rate: 2e-3 };
    match challenges.kind {
        Kind::Grid => {
            let records = store.records::<TileRecord>(Use::Learn, labels, THREADS)?;
            let net = train(&Tiles { records: &records }, plan(64), Some(&note))?.0;
            grids(challenges, |rgb| Ok(first(&net, rgb)))
        }
        Kind::Area => {
            let records = store.records::<Wide>(Use::Learn, pictures(labels), THREADS)?;
            let net = train(&Things { records: &records }, plan(16), Some(&note))?.0;
            areas(challenges, |rgb| {
                let scores = net.run(planes(&[rgb], AREA[1], AREA[0])).remove(1).data;
                Ok(scores.into_iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect())
            })
        }
        Kind::Turn => {
            let records = store.records::<View>(Use::Learn, labels, THREADS)?;
            let net = train(&Views { records: &records }, plan(64), Some(&note))?.0;
            turns(challenges, &net)
        }
    }
}

/// The number of wide pictures in which this many things are outlined.
const fn pictures(labels: usize) -> usize {
    // Seven and a half things each, on average.
    labels.div_ceil(15) * 2
}

/// Whether each round was answered correctly by the owner of this repository.
pub fn owned(store: &Store, challenges: &Tried, budget: Budget) -> Result<Vec<bool>> {
    match challenges.kind {
        Kind::Grid => {
            let model = Committed::read(&models(), "scene-tile", VERSION)?;
            grids(challenges, |rgb| {
                let mut scores = model.run(&planes(&[rgb], SIDE, SIDE))?.remove(0);
                let mirrored = model.run(&mirrored(planes(&[rgb], SIDE, SIDE)))?.remove(0);
                scores.iter_mut().zip(mirrored).for_each(|(score, other)| *score += other);
                Ok(scores.into_iter().map(|score| score / 2.0).collect())
            })
        }
        Kind::Area => {
            let model = Committed::read(&models(), "scene-things", VERSION)?;
            areas(challenges, |rgb| Ok(model.run(&planes(&[rgb], AREA[1], AREA[0]))?.remove(1)))
        }
        Kind::Turn => rounds(store, challenges, budget.own_pictures(), budget),
    }
}

fn grids(challenges: &Tried, scores: impl Fn(&[u8]) -> Result<Vec<f32>>) -> Result<Vec<bool>> {
    challenges
        .grids()
        .map(|grid| {
            let scores: Vec<_> = grid.tiles.iter().map(|rgb| scores(rgb)).collect::<Result<_>>()?;
            Ok(answer::tiles(&scores, grid.target) == grid.right)
        })
        .collect()
}

fn areas(challenges: &Tried, shares: impl Fn(&[u8]) -> Result<Vec<f32>>) -> Result<Vec<bool>> {
    challenges
        .areas()
        .map(|area| Ok(area.holds(likeliest_cell(&shares(area.rgb)?, area.target))))
        .collect()
}

fn turns(challenges: &Tried, net: &Net) -> Result<Vec<bool>> {
    let facing = |rgb: &[u8]| answer::shares(&net.run(planes(&[rgb], SIDE, SIDE)).remove(0).data);
    challenges
        .turns()
        .map(|turn| {
            let views: Vec<Vec<f32>> = turn.views.iter().map(|rgb| facing(rgb)).collect();
            Ok(answer::view(&views, &facing(turn.reference)) == turn.right)
        })
        .collect()
}

/// The mean of a picture's scores and those of its mirror image.
fn first(net: &Net, rgb: &[u8]) -> Vec<f32> {
    let both = [planes(&[rgb], SIDE, SIDE), mirrored(planes(&[rgb], SIDE, SIDE))];
    let [own, other] = both.map(|planes| net.run(planes).remove(0).data);
    own.iter().zip(other).map(|(own, other)| f32::midpoint(*own, other)).collect()
}

fn mirrored(mut planes: Batch) -> Batch {
    let width = planes.width;
    planes.data.chunks_exact_mut(width).for_each(<[f32]>::reverse);
    planes
}
