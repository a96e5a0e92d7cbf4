//! Pictures as the core needs them: dealt for an attempt, with their answer.
//! This release has none; packs and how items are chosen come with them.

use munjigi_protocol::{Answer, PictureStep, PictureType};
use serde::{Deserialize, Serialize};

/// Deals pictures.
pub trait Pictures {
    /// The picture of an attempt, always the same for the same `seed`, of
    /// one of the kinds named. `None` where there is none to deal: the
    /// visitor is then asked for work instead.
    fn deal(&self, kinds: &[PictureType], seed: &[u8; 32]) -> Option<Dealt>;
}

/// A picture and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealt {
    /// What the visitor sees.
    pub step: PictureStep,
    /// The right answer, which is only ever sealed.
    pub answer: RightAnswer,
}

/// The right answer to a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RightAnswer {
    /// Exactly these tiles, ascending.
    Grid {
        /// Their indexes.
        cells: Vec<u8>,
    },
    /// Any point in this box, edges included, in thousandths.
    Area {
        /// Left edge.
        left: u16,
        /// Top edge.
        top: u16,
        /// Right edge.
        right: u16,
        /// Bottom edge.
        bottom: u16,
    },
    /// This view.
    Turn {
        /// Its index.
        view: u8,
    },
}

impl RightAnswer {
    /// Whether an answer is right. One of another kind never is.
    pub fn accepts(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Grid { cells: right }, Answer::Grid { cells }) => right == cells,
            (Self::Area { left, top, right, bottom }, Answer::Area { x, y }) => {
                (left..=right).contains(&x) && (top..=bottom).contains(&y)
            }
            (Self::Turn { view: right }, Answer::Turn { view }) => right == view,
            _ => false,
        }
    }
}

/// An edge without pictures.
#[derive(Debug, Clone, Copy)]
pub struct NoPictures;

impl Pictures for NoPictures {
    fn deal(&self, _kinds: &[PictureType], _seed: &[u8; 32]) -> Option<Dealt> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_with_their_own_kind() {
        let grid = RightAnswer::Grid { cells: vec![0, 4] };
        let area = RightAnswer::Area { left: 10, top: 20, right: 30, bottom: 40 };
        let turn = RightAnswer::Turn { view: 3 };
        for (right, answer, accepted) in [
            (&grid, Answer::Grid { cells: vec![0, 4] }, true),
            (&grid, Answer::Grid { cells: vec![4, 0] }, false),
            (&grid, Answer::Grid { cells: vec![0, 4, 4] }, false),
            (&grid, Answer::Turn { view: 0 }, false),
            (&area, Answer::Area { x: 10, y: 40 }, true),
            (&area, Answer::Area { x: 31, y: 30 }, false),
            (&area, Answer::Area { x: 20, y: 19 }, false),
            (&turn, Answer::Turn { view: 3 }, true),
            (&turn, Answer::Turn { view: 2 }, false),
        ] {
            assert_eq!(right.accepts(&answer), accepted, "{right:?} {answer:?}");
        }
    }
}
