//! Knows the rules, sees nothing: the baseline for all others.

use munjigi_scene::{Area, render};

use super::{Kind, Tried};
use crate::dice::Dice;
use crate::harvest::{JUDGED, Use, seed};
use crate::likeliest::largest;

/// Guesses per round: guessing costs nothing.
const TIMES: usize = 200;

/// Number of pictures from which the guesser learns where the target is most
/// often.
const SEEN: usize = 1_000;

/// Wide pictures for pointing: guesses need no drawn pictures, so there may be
/// many. One spot needs many, because it is right in all tries at a picture or
/// in none.
const POINTED: usize = 2_000;

/// Whether each guess was right.
pub fn rounds(challenges: &Tried) -> Vec<bool> {
    let mut dice = Dice::new(0x6775_6573, 1);
    if challenges.kind == Kind::Area {
        let spot = usual();
        return (0..POINTED).map(|number| asked("pointed", number)[spot]).collect();
    }
    let mut all = Vec::new();
    for _ in 0..TIMES {
        match challenges.kind {
            Kind::Grid => all.extend(challenges.grids().map(|grid| grid.right == tiles(&mut dice))),
            Kind::Turn => {
                all.extend(
                    challenges.turns().map(|turn| turn.right == dice.below(turn.views.len())),
                );
            }
            Kind::Area => {}
        }
    }
    all
}

/// The square in which the target or its margin is most often: the guesser has
/// this repository too.
#[expect(clippy::cast_precision_loss, reason = "few pictures")]
fn usual() -> usize {
    let mut counts = vec![0_usize; JUDGED[0] * JUDGED[1]];
    for number in 0..SEEN {
        for (count, is_right) in counts.iter_mut().zip(asked("place", number)) {
            *count += usize::from(is_right);
        }
    }
    largest(&counts.iter().map(|&count| count as f32).collect::<Vec<_>>())
}

/// The squares that are right in the n-th picture of a set.
fn asked(set: &str, number: usize) -> Vec<bool> {
    let [columns, rows] = JUDGED;
    let area = Area::deal(seed(Use::Learn, set, number));
    let mask = render(&area.scene, 60, 40).mask(usize::from(area.answer));
    let near = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
    let is_right = |at: usize| {
        let (x, y) = (at % columns, at / columns);
        near(y, rows).any(|y| near(x, columns).any(|x| mask[y * columns + x]))
    };
    (0..columns * rows).map(is_right).collect()
}

/// Three tiles: of the sizes that are dealt, the one with the fewest sets.
fn tiles(dice: &mut Dice) -> u16 {
    let mut set = 0_u16;
    while set.count_ones() < 3 {
        set |= 1 << dice.below(9);
    }
    set
}
