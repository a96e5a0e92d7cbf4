//! Selects as the factory does: the committed networks try every candidate, and
//! those that they answer with most certainty are dropped.

use anyhow::{Result, ensure};

use super::Kind;
use crate::attack::answer::shares;
use crate::harvest::{AREA, AreaRound, GridRound, Record, SIDE, Store, Use};
use crate::likeliest::{largest, likeliest_cell};
use crate::make::{THREADS, VERSION};
use crate::record::{Committed, models};
use crate::task::planes;

/// Pictures drawn for each one that is dealt: the default of
/// `MUNJIGI_PICTURES_OVERSAMPLE`, as the origin's tests check.
pub const OVERSAMPLE: usize = 3;

/// The certainty of a judge that is wrong.
const WRONG: f32 = -1.0;

/// The network that tries the candidates of a kind; there is none for `turn`.
pub fn judge(kind: Kind) -> Result<Option<Committed>> {
    let name = match kind {
        Kind::Grid => "scene-tile",
        Kind::Area => "scene-things",
        Kind::Turn => return Ok(None),
    };
    Committed::read(&models(), name, VERSION).map(Some)
}

/// Identifies the judge that chose the pictures; empty if there is none.
pub fn mark(kind: Kind) -> Result<String> {
    Ok(judge(kind)?.map(|judge| judge.hash).unwrap_or_default())
}

/// The hardest `count` of the first `count * OVERSAMPLE` grids to be tried.
pub fn grids(store: &Store, count: usize) -> Result<Vec<u8>> {
    hardest::<GridRound>(store, Kind::Grid, count, |judge, bytes| {
        let grid = GridRound::read(bytes);
        let (mut chosen, mut sureness) = (0_u16, 1.0_f32);
        for (tile, rgb) in grid.tiles.iter().enumerate() {
            let scores = shares(&judge.run(&planes(&[rgb], SIDE, SIDE))?.remove(0));
            let is_target = largest(&scores) == grid.target;
            let own = scores[grid.target];
            chosen |= u16::from(is_target) << tile;
            sureness = sureness.min(if is_target { own } else { 1.0 - own });
        }
        Ok(grid.is_plain.then_some(if chosen == grid.right { sureness } else { WRONG }))
    })
}

/// The hardest `count` of the first `count * OVERSAMPLE` areas to be tried.
pub fn areas(store: &Store, count: usize) -> Result<Vec<u8>> {
    hardest::<AreaRound>(store, Kind::Area, count, |judge, bytes| {
        let area = AreaRound::read(bytes);
        let scores = judge.run(&planes(&[area.rgb], AREA[1], AREA[0]))?.remove(1);
        let cells = scores.len() / munjigi_scene::Kind::ALL.len();
        let own = &scores[area.target * cells..(area.target + 1) * cells];
        let sureness = own.iter().copied().fold(0.0, f32::max);
        let is_right = area.holds(likeliest_cell(&scores, area.target));
        Ok(area.is_plain.then_some(if is_right { sureness } else { WRONG }))
    })
}

/// Keeps those that the judge answers wrongly or with the least certainty, in
/// the order in which they were drawn. `sureness` is `None` for pictures that
/// people cannot make out.
fn hardest<R: Record>(
    store: &Store,
    kind: Kind,
    count: usize,
    sureness: impl Fn(&Committed, &[u8]) -> Result<Option<f32>>,
) -> Result<Vec<u8>> {
    let all = store.records::<R>(Use::Tried, count * OVERSAMPLE, THREADS)?;
    let Some(judge) = judge(kind)? else { return Ok(all) };
    let name = format!("{}-hard-{count}-{}.bin", R::NAME, judge.hash);
    let path = store.file(&name, R::SCENES);
    if path.exists() {
        return Ok(std::fs::read(path)?);
    }
    let mut judged = Vec::new();
    for (at, bytes) in all.chunks_exact(R::BYTES).enumerate() {
        judged.extend(sureness(&judge, bytes)?.map(|sureness| (sureness, at)));
    }
    ensure!(judged.len() >= count, "too few of the {} are plain: {}", R::NAME, judged.len());
    let bytes: Vec<u8> = least_sure(judged, count)
        .into_iter()
        .flat_map(|at| all[at * R::BYTES..(at + 1) * R::BYTES].iter().copied())
        .collect();
    std::fs::write(path, &bytes)?;
    Ok(bytes)
}

/// The indexes of the `count` that a judge was least certain of, ascending.
fn least_sure(mut judged: Vec<(f32, usize)>, count: usize) -> Vec<usize> {
    judged.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut kept: Vec<usize> = judged.into_iter().take(count).map(|(_, at)| at).collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_answers_of_the_judge_are_kept_first_then_uncertain_ones() {
        let judged = vec![(0.9, 0), (0.4, 1), (WRONG, 3), (0.99, 4), (0.2, 7)];
        assert_eq!(least_sure(judged, 3), [1, 3, 7]);
    }
}
