//! The right answer, as it is sealed into a challenge, and the check against
//! it.
//!
//! **answer**: what a visitor gives to a picture; also what a call returns.

use munjigi_protocol::{Answer, PictureType, RightRound};
use serde::{Deserialize, Serialize};

/// The right answer to a picture, round by round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RightAnswer {
    /// Per round: exactly these tiles, ascending.
    Grid(Vec<Vec<u8>>),
    /// Per round: any point in these squares.
    Area(Vec<Squares>),
    /// Per round: one of these views.
    Turn(Vec<Vec<u8>>),
}

/// The squares of a picture in which a point is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Squares {
    /// Squares from left to right, 1–64.
    pub columns: u8,
    /// Squares from top to bottom, 1–64.
    pub rows: u8,
    /// A bit per square, row by row, lowest bit of the first byte first.
    pub mask: Vec<u8>,
}

impl Squares {
    /// Whether a point is in one of the squares. Coordinates are thousandths
    /// from the left and the top; 1,000 belongs to the last square.
    fn hold(&self, [x, y]: [u16; 2]) -> bool {
        let place = |at: u16, squares: u8| {
            (at <= 1_000).then(|| {
                (u32::from(at) * u32::from(squares) / 1_000).min(u32::from(squares.max(1)) - 1)
            })
        };
        match (place(x, self.columns), place(y, self.rows)) {
            (Some(column), Some(row)) => self.at(row * u32::from(self.columns) + column),
            _ => false,
        }
    }

    /// Whether the square of this number is set.
    fn at(&self, square: u32) -> bool {
        let byte = self.mask.get(square as usize / 8).copied().unwrap_or_default();
        byte >> (square % 8) & 1 == 1
    }

    /// How many squares are set.
    pub fn count(&self) -> u32 {
        self.mask.iter().map(|byte| byte.count_ones()).sum()
    }
}

impl RightAnswer {
    /// Collects rounds; `None` if one of them is of another kind.
    pub fn of<'a>(kind: PictureType, rounds: impl Iterator<Item = &'a RightRound>) -> Option<Self> {
        match kind {
            PictureType::Grid => rounds
                .map(|round| match round {
                    RightRound::Grid { cells } => Some(cells.clone()),
                    _ => None,
                })
                .collect::<Option<_>>()
                .map(Self::Grid),
            PictureType::Area => rounds
                .map(|round| match round {
                    RightRound::Area { columns, rows, mask } => {
                        Some(Squares { columns: *columns, rows: *rows, mask: mask.clone() })
                    }
                    _ => None,
                })
                .collect::<Option<_>>()
                .map(Self::Area),
            PictureType::Turn => rounds
                .map(|round| match round {
                    RightRound::Turn { views } => Some(views.clone()),
                    _ => None,
                })
                .collect::<Option<_>>()
                .map(Self::Turn),
        }
    }

    /// The kind of picture that the answer belongs to.
    pub const fn kind(&self) -> PictureType {
        match self {
            Self::Grid(_) => PictureType::Grid,
            Self::Area(_) => PictureType::Area,
            Self::Turn(_) => PictureType::Turn,
        }
    }

    /// Number of rounds, at least 1.
    pub const fn rounds(&self) -> usize {
        match self {
            Self::Grid(rounds) | Self::Turn(rounds) => rounds.len(),
            Self::Area(rounds) => rounds.len(),
        }
    }

    /// Whether an answer is right in every round, with no extra rounds. An
    /// answer of another kind never is.
    pub fn accepts(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Grid(right), Answer::Grid { cells, .. }) => right == cells,
            (Self::Area(right), Answer::Area { points, .. }) => {
                right.len() == points.len()
                    && right.iter().zip(points).all(|(squares, point)| squares.hold(*point))
            }
            (Self::Turn(right), Answer::Turn { views, .. }) => {
                right.len() == views.len()
                    && right.iter().zip(views).all(|(right, view)| right.contains(view))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::Trace;

    use super::*;

    const TRACE: Trace = Trace { first_act: 0, whole: 0, acts: 0, rhythm: 0, scatter: 0 };

    fn grid(cells: &[&[u8]]) -> Answer {
        Answer::Grid { cells: cells.iter().map(|cells| cells.to_vec()).collect(), trace: TRACE }
    }

    fn area(points: &[[u16; 2]]) -> Answer {
        Answer::Area { points: points.to_vec(), trace: TRACE }
    }

    fn turn(views: &[u8]) -> Answer {
        Answer::Turn { views: views.to_vec(), trace: TRACE }
    }

    #[test]
    fn answers_are_compared_round_by_round_with_their_own_kind() {
        let tiles = RightAnswer::Grid(vec![vec![0, 4]]);
        let two = RightAnswer::Grid(vec![vec![0, 4], vec![8]]);
        let views = RightAnswer::Turn(vec![vec![3], vec![15, 0]]);
        for (right, answer, accepted) in [
            (&tiles, grid(&[&[0, 4]]), true),
            (&tiles, grid(&[&[4, 0]]), false),
            (&tiles, grid(&[&[0, 4, 4]]), false),
            (&tiles, grid(&[&[0, 4], &[0, 4]]), false),
            (&tiles, grid(&[]), false),
            (&two, grid(&[&[0, 4], &[8]]), true),
            (&two, grid(&[&[8], &[0, 4]]), false),
            (&two, grid(&[&[0, 4]]), false),
            (&tiles, turn(&[0]), false),
            (&views, turn(&[3, 15]), true),
            (&views, turn(&[3, 0]), true),
            (&views, turn(&[0, 3]), false),
            (&views, turn(&[3]), false),
            (&views, turn(&[3, 15, 15]), false),
        ] {
            assert_eq!(right.accepts(&answer), accepted, "{right:?} {answer:?}");
        }
    }

    #[test]
    fn a_point_is_right_in_its_squares_to_their_edges() {
        // Four by two squares, of which the last of the first row and the
        // first of the second are right.
        let squares = Squares { columns: 4, rows: 2, mask: vec![0b0001_1000] };
        assert_eq!(squares.count(), 2);
        let right = RightAnswer::Area(vec![squares]);
        for (point, accepted) in [
            ([750, 0], true),
            ([749, 0], false),
            ([1_000, 499], true),
            ([1_000, 500], false),
            ([0, 500], true),
            ([249, 1_000], true),
            ([250, 1_000], false),
            ([1_001, 0], false),
            ([0, u16::MAX], false),
        ] {
            assert_eq!(right.accepts(&area(&[point])), accepted, "{point:?}");
        }
        assert!(!right.accepts(&area(&[])));
        assert!(!right.accepts(&area(&[[750, 0], [750, 0]])));
    }
}
