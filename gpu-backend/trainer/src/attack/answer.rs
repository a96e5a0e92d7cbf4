//! Converts what an attacker makes of pictures into an answer. All attackers
//! that look at pictures answer in this way; they know the rules of the
//! challenges, which are public.

use munjigi_scene::Kind;

use crate::harvest::VIEWS;
use crate::task::BINS;

/// Smallest and largest number of right tiles in a grid.
const RIGHT: [usize; 2] = [3, 5];

/// Chooses tiles from each tile's scores for all kinds: the likeliest set of a
/// size that is dealt. Kinds that resemble the target are never beside it.
pub fn tiles(scores: &[Vec<f32>], target: usize) -> u16 {
    let possible = |kind: usize| kind == target || !Kind::ALL[kind].resembles(Kind::ALL[target]);
    let mut odds: Vec<(f32, usize)> = scores
        .iter()
        .enumerate()
        .map(|(tile, scores)| {
            let largest = scores.iter().copied().fold(f32::MIN, f32::max);
            let others: f32 = (0..scores.len())
                .filter(|&kind| kind != target && possible(kind))
                .map(|kind| (scores[kind] - largest).exp())
                .sum();
            (scores[target] - largest - (others + 1e-9).ln(), tile)
        })
        .collect();
    odds.sort_by(|left, right| right.0.total_cmp(&left.0));
    let sum = |count: usize| odds[..count].iter().map(|(odds, _)| odds).sum::<f32>();
    let count = (RIGHT[0]..=RIGHT[1]).max_by(|&a, &b| sum(a).total_cmp(&sum(b)));
    odds[..count.unwrap_or(RIGHT[0])].iter().fold(0, |set, (_, tile)| set | 1 << tile)
}

/// The view that faces as the reference does, from the shares of directions for
/// each view and for the reference. Views are known to be equal steps apart, so
/// all of them together say where the first one faces.
#[expect(clippy::cast_precision_loss, reason = "few bins and views")]
pub fn view(views: &[Vec<f32>], reference: &[f32]) -> usize {
    const FINE: usize = 128;
    let count = usize::from(VIEWS);
    let starts: Vec<f32> = (0..FINE)
        .map(|fine| {
            let start = fine as f32 / FINE as f32;
            let facing = |view: usize| start + view as f32 / count as f32;
            views
                .iter()
                .enumerate()
                .map(|(at, shares)| (at_facing(shares, facing(at)) + 1e-3).ln())
                .sum()
        })
        .collect();
    let largest = starts.iter().copied().fold(f32::MIN, f32::max);
    let merit = |view: usize| -> f32 {
        (0..FINE)
            .map(|fine| {
                let facing = fine as f32 / FINE as f32 + view as f32 / count as f32;
                // The errors of sixteen views of one thing are correlated:
                // their sum says less than it seems.
                ((starts[fine] - largest) * 0.5).exp() * (at_facing(reference, facing) + 1e-4)
            })
            .sum()
    };
    (0..count).max_by(|&a, &b| merit(a).total_cmp(&merit(b))).unwrap_or(0)
}

/// Interpolates a share between two bins.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "few bins"
)]
fn at_facing(shares: &[f32], facing: f32) -> f32 {
    let place = facing.rem_euclid(1.0) * BINS as f32;
    let (first, rest) = (place as usize % BINS, place.fract());
    shares[first] * (1.0 - rest) + shares[(first + 1) % BINS] * rest
}

/// Scores as shares that sum to 1.
pub fn shares(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certain_tiles_are_chosen() {
        let mut scores = vec![vec![0.0; Kind::ALL.len()]; 9];
        for (tile, scores) in scores.iter_mut().enumerate() {
            scores[if [1, 4, 8].contains(&tile) { 7 } else { 20 }] = 5.0;
        }
        assert_eq!(tiles(&scores, 7), 1 << 1 | 1 << 4 | 1 << 8);
    }

    #[test]
    fn views_that_know_their_direction_find_the_reference() {
        let facing = |at: f32| {
            let mut shares = vec![0.0; BINS];
            for (bin, share) in crate::task::shares(at) {
                shares[bin] += share;
            }
            shares
        };
        let views: Vec<_> = (0..16_u8).map(|at| facing(0.31 + f32::from(at) / 16.0)).collect();
        assert_eq!(view(&views, &facing(0.31 + 5.0 / 16.0)), 5);
    }
}
