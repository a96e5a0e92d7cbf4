//! What a person sees in a picture, for tests: they hold the stack's root keys,
//! so they read the answer that the edge sealed.

use anyhow::{Context as _, Result, bail};
use munjigi_captcha::pictures::{RightAnswer, Squares};
use munjigi_captcha::{Authority, ChallengeClaims, KeyCheck, SealedStep};
use munjigi_keys::KeyRing;
use munjigi_protocol::{Answer, SolutionRequest, Trace};

/// Reads the answers that challenges seal.
#[derive(Debug)]
pub struct Eyes {
    authority: Authority,
}

impl Eyes {
    /// For an edge with this ring and check key.
    pub fn of(root_keys: &str, key_check: &str) -> Result<Self> {
        let ring = KeyRing::parse(root_keys).context("the root keys")?;
        let check = KeyCheck::parse(key_check).context("the check of keys")?;
        Ok(Self { authority: Authority::new(&ring, check) })
    }

    /// The right answer to a challenge whose step is a picture.
    pub fn see(&self, challenge: &str) -> Result<RightAnswer> {
        let claims = ChallengeClaims::open(&self.authority, challenge).context("open it")?;
        match claims.step {
            SealedStep::Picture(picture) => Ok(picture.answer),
            SealedStep::Puzzle(_) => bail!("the challenge is a puzzle"),
        }
    }
}

const TRACE: Trace = Trace { first_act: 21, whole: 64, acts: 5, rhythm: 2, scatter: 2 };

pub fn right(answer: &RightAnswer) -> Answer {
    match answer {
        RightAnswer::Grid(rounds) => Answer::Grid { cells: rounds.clone(), trace: TRACE },
        RightAnswer::Area(rounds) => {
            let points = rounds.iter().map(|squares| point(squares, true)).collect();
            Answer::Area { points, trace: TRACE }
        }
        RightAnswer::Turn(rounds) => {
            let views = rounds.iter().map(|views| views.first().copied().unwrap_or(0)).collect();
            Answer::Turn { views, trace: TRACE }
        }
    }
}

/// An answer that is wrong in its first round; for a grid, a different one for
/// each number below 511.
pub fn wrong(answer: &RightAnswer, number: u16) -> Answer {
    let mut wrong = right(answer);
    match (&mut wrong, answer) {
        (Answer::Grid { cells, .. }, RightAnswer::Grid(rounds)) => {
            let set = |bits: u16| (0..9).filter(|cell| bits >> cell & 1 == 1).collect::<Vec<u8>>();
            let is_right = |bits: &u16| rounds.first() != Some(&set(*bits));
            let bits = (0..512).filter(is_right).nth(usize::from(number)).unwrap_or_default();
            if let Some(first) = cells.first_mut() {
                *first = set(bits);
            }
        }
        (Answer::Area { points, .. }, RightAnswer::Area(rounds)) => {
            if let (Some(first), Some(squares)) = (points.first_mut(), rounds.first()) {
                *first = point(squares, false);
            }
        }
        (Answer::Turn { views, .. }, RightAnswer::Turn(rounds)) => {
            let is_wrong = |view: &u8| rounds.first().is_none_or(|right| !right.contains(view));
            if let Some(first) = views.first_mut() {
                *first = (0..16).filter(is_wrong).nth(usize::from(number % 10)).unwrap_or(0);
            }
        }
        _ => {}
    }
    wrong
}

/// The complete request that answers a challenge.
pub fn answering(challenge: &str, answer: Answer) -> SolutionRequest {
    SolutionRequest {
        challenge: challenge.to_owned(),
        nonces: None,
        answer: Some(answer),
        want: None,
        signals: munjigi_protocol::Signals::default(),
    }
}

/// A point in the middle of the right squares, or one in none of them. Prefers
/// squares whose neighbours are like them: arrow keys come only so close to a
/// point.
fn point(squares: &Squares, right: bool) -> [u16; 2] {
    let (columns, rows) = (usize::from(squares.columns.max(1)), usize::from(squares.rows.max(1)));
    let holds = |square: usize| {
        let byte = squares.mask.get(square / 8).copied().unwrap_or_default();
        (byte >> (square % 8) & 1 == 1) == right
    };
    let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
    let is_deep = |square: &usize| {
        around(square / columns, rows).all(|row| {
            around(square % columns, columns).all(|column| holds(row * columns + column))
        })
    };
    let all: Vec<usize> = (0..columns * rows).filter(|square| holds(*square)).collect();
    let deep: Vec<usize> = all.iter().copied().filter(is_deep).collect();
    let from = if deep.is_empty() { all } else { deep };
    let square = from.get(from.len() / 2).copied().unwrap_or_default();
    let middle = |at: usize, of: usize| u16::try_from((at * 1_000 + 500) / of).unwrap_or_default();
    [middle(square % columns, columns), middle(square / columns, rows)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_answers_are_accepted_and_wrong_ones_are_not() {
        let area = Squares { columns: 4, rows: 2, mask: vec![0b0001_1000] };
        for seen in [
            RightAnswer::Grid(vec![vec![0, 4]]),
            RightAnswer::Area(vec![area.clone(), area]),
            RightAnswer::Turn(vec![vec![3], vec![15, 0]]),
        ] {
            assert!(seen.accepts(&right(&seen)), "{seen:?}");
            for number in 0..500 {
                assert!(!seen.accepts(&wrong(&seen, number)), "{seen:?} {number}");
            }
        }
    }

    #[test]
    fn a_point_stays_right_where_the_arrow_keys_only_come_close_to_it() {
        // Of 60 × 40 squares three columns and three rows, and below them a
        // thin tail that puts the centre of all at an edge. With keys, a point
        // is at most ten thousandths off.
        for left in 0..58 {
            let mut mask = vec![0_u8; 300];
            let block = (10..13).flat_map(|row| row * 60 + left..row * 60 + left + 3);
            let tail = (13..17).map(|row| row * 60 + left);
            for square in block.chain(tail) {
                mask[square / 8] |= 1 << (square % 8);
            }
            let seen = RightAnswer::Area(vec![Squares { columns: 60, rows: 40, mask }]);
            for (answer, accepted) in [(right(&seen), true), (wrong(&seen, 1), false)] {
                let Answer::Area { points, trace } = answer else { unreachable!("an area's") };
                for (across, down) in [(10, 10), (10, -10), (-10, 10), (-10, -10)] {
                    let moved = |at: u16, by: i16| at.saturating_add_signed(by).min(1_000);
                    let points = points.iter().map(|[x, y]| [moved(*x, across), moved(*y, down)]);
                    let near = Answer::Area { points: points.collect(), trace };
                    assert_eq!(seen.accepts(&near), accepted, "{left}: {near:?}");
                }
            }
        }
    }

    #[test]
    fn wrong_grids_are_different_ones() {
        let seen = RightAnswer::Grid(vec![vec![0, 4]]);
        let mut all: Vec<_> = (0..511)
            .map(|number| match wrong(&seen, number) {
                Answer::Grid { cells, .. } => cells,
                _ => Vec::new(),
            })
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 511);
    }
}
